"""Notices: what one process tells the others on the same store."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from cockpit_gateway.deliveries import TargetId


class Change(StrEnum):
    """What may have changed."""

    DUE = "due"
    """A target has something pending that it had not before."""
    HELD = "held"
    """A target is paused, disabled or let go."""
    NODES = "nodes"
    """A node came, went, or has another target, or none has a target any more."""
    ENDPOINTS = "endpoints"
    """The endpoints that the store holds."""
    RELOAD = "reload"
    """The nodes are to read their configuration files again."""
    ANYTHING = "anything"
    """Notices may have been missed."""


class Notice(NamedTuple):
    """What may have changed.

    Attributes:
        change: What.
        target_id: Of which target, None if that is not known.
    """

    change: Change
    target_id: TargetId | None = None


Told: TypeAlias = Callable[[Notice], None]
"""Is told what may have changed; called from the event loop, and soon done."""
