"""Coalescing: what becomes of a new delivery, and of those that wait for the same target and key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cockpit_gateway.targets import Coalesce

LARGEST_BATCH = 1000
"""Events that one delivery carries at most."""

LARGEST_BATCH_SIZE = 4 * 1024 * 1024
"""Bytes of bodies that one delivery of several events carries at most."""


class New(NamedTuple):
    """A new delivery, due at the time of its event."""

    id: str
    due_at: float
    size: int


class Waiting(NamedTuple):
    """A pending delivery of the same target and key."""

    id: str
    attempts: int
    window_at: float
    size: int
    batch: int

    def takes(self, new: New) -> bool:
        """Tell whether a batch has room for one more event."""
        return self.batch < LARGEST_BATCH and self.size + new.size <= LARGEST_BATCH_SIZE


class Postponed(NamedTuple):
    """A pending delivery that is due at another time from now on."""

    id: str
    due_at: float
    window_at: float


class Merged(NamedTuple):
    """What becomes of a new delivery and of those that were pending.

    Attributes:
        due_at: When the new one is due: when the burst is over.
        window_at: When its burst began; None if it is superseded.
        size: Bytes that it carries.
        batch: Events that it carries.
        successor: The id of the pending delivery that it is superseded by, if it is.
        superseded: Ids of the pending deliveries that it supersedes.
        reason: Why one or the other is superseded.
        postponed: A pending delivery whose due time changes, if one does.
    """

    due_at: float
    window_at: float | None
    size: int
    batch: int = 1
    successor: str | None = None
    superseded: Sequence[str] = ()
    reason: str = ""
    postponed: Postponed | None = None


def merge(rule: Coalesce, new: New, pending: Sequence[Waiting]) -> Merged:
    """Merge a new delivery with the pending ones of its target and key.

    A burst begins with its first event and ends with its first attempt: what is in retry is superseded as well, but
    leaves the newer delivery a window of its own.

    Args:
        rule: The target's rule.
        new: The new delivery.
        pending: The pending ones, in order of acceptance.
    """
    if rule.keep == "first" and pending:
        return _join_first(rule, new, pending)
    if rule.keep == "list":
        return _join_list(rule, new, pending)
    return _supersede(rule, new, pending, "superseded by a newer event")


def _join_first(rule: Coalesce, new: New, pending: Sequence[Waiting]) -> Merged:
    first, postponed = pending[0], None
    if not first.attempts:
        window_at = _window(new, pending)
        postponed = Postponed(first.id, _end_of_burst(rule, new.due_at, window_at), window_at)
    reason = "superseded by the first event of its burst"
    return Merged(new.due_at, None, new.size, successor=first.id, reason=reason, postponed=postponed)


def _join_list(rule: Coalesce, new: New, pending: Sequence[Waiting]) -> Merged:
    """Join the batch that has room for a new event; one that is full waits no longer."""
    newest = pending[-1] if pending else None
    joined = [newest] if newest is not None and newest.takes(new) else []
    merged = _supersede(rule, new, joined, "sent together with a newer event")._replace(
        size=new.size + sum(waiting.size for waiting in joined), batch=1 + sum(waiting.batch for waiting in joined)
    )
    if newest is None or joined or newest.attempts:
        return merged
    return merged._replace(postponed=Postponed(newest.id, new.due_at, newest.window_at))


def _supersede(rule: Coalesce, new: New, older: Sequence[Waiting], reason: str) -> Merged:
    window_at = _window(new, older)
    return Merged(
        _end_of_burst(rule, new.due_at, window_at),
        window_at,
        new.size,
        superseded=[waiting.id for waiting in older],
        reason=reason,
    )


def _window(new: New, merged: Sequence[Waiting]) -> float:
    """Return when the burst began."""
    return min((waiting.window_at for waiting in merged if not waiting.attempts), default=new.due_at)


def _end_of_burst(rule: Coalesce, now: float, window_at: float) -> float:
    return min(now + rule.wait, max(now, window_at + rule.max_wait))
