"""Every deliberate exception of Cockpit Gateway.

All derive from `GatewayError`, so one `except` catches what the gateway raises on purpose; anything else
that surfaces is a defect. A message says what is wrong, where, and what to do about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cockpit_gateway.config.problems import Problem
    from cockpit_gateway.deliveries import Response


RAISED_BY_PLUGINS = (Exception, SystemExit, KeyboardInterrupt)
"""What a plugin's code may raise without harm to the gateway: `sys.exit()` in a handler is a failed attempt."""


class GatewayError(Exception):
    """Base of every exception that the gateway raises on purpose."""


class ConfigError(GatewayError):
    """The configuration cannot be used; the message lists every mistake with its position.

    Args:
        message: The mistakes as text.
        problems: The mistakes as data; empty if it is not the file's content that is wrong.
    """

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = problems


class StoreError(GatewayError):
    """The store refused an operation for a reason that waiting does not cure."""


class StoreUnavailableError(StoreError):
    """The store cannot take the operation now (disk full, locked, shutting down); trying later may work."""


class LeaseLostError(StoreError):
    """A delivery is not leased (any more): it has ended, was given back, or belongs to another process by now."""


class StoreOwnedError(StoreError):
    """Another process owns the store file."""


class UnreachableError(GatewayError):
    """A gateway may run, and cannot be asked."""


class SealError(GatewayError):
    """Something that was sealed cannot be opened, or there is no key to seal by."""


class StorageError(GatewayError):
    """A plugin wants to keep what cannot be kept."""


class EmitError(GatewayError):
    """A plugin wants to emit an event that it may not emit."""


class NotFoundError(GatewayError):
    """What was asked for by name or id does not exist."""


class ConflictError(GatewayError):
    """What was asked for does not go with how things stand."""


class Mistake(NamedTuple):
    """Something wrong in what was sent.

    Attributes:
        path: Where, "basic_auth.user"; "" for the whole.
        message: What is wrong, and what was meant.
    """

    path: str
    message: str


class InvalidDocumentError(GatewayError):
    """What was sent has mistakes.

    Args:
        mistakes: All of them.
    """

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("; ".join(": ".join(filter(None, mistake)) for mistake in mistakes))
        self.mistakes = mistakes


class PluginError(GatewayError):
    """A plugin cannot be loaded, or breaks a rule of the hooks it implements."""


class Drop(GatewayError):  # noqa: N818 - a signal, named for how it reads at the raise
    """Raised by a `filter_event` implementation to drop an event; a tombstone with the reason remains.

    Args:
        reason: One line for whoever asks later why the event went nowhere.

    Example:
        >>> raise Drop("preview save")
        Traceback (most recent call last):
        ...
        cockpit_gateway.errors.Drop: preview save
    """

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


class Retry(GatewayError):  # noqa: N818 - a signal, named for how it reads at the raise
    """Raised by a handler or `deliver` to have the delivery tried again.

    Any other exception is retried as well; this one says so in good order and can name the delay.

    Args:
        reason: One line kept with the attempt.
        after: Seconds until the next attempt, obeyed up to the target's limit; None follows the retry schedule.
        response: What the target answered, kept with the attempt.

    Raises:
        TypeError: `after` is no number.

    Example:
        >>> raise Retry("search is reindexing", after=30)
        Traceback (most recent call last):
        ...
        cockpit_gateway.errors.Retry: search is reindexing
    """

    def __init__(self, reason: str = "", *, after: float | None = None, response: Response | None = None) -> None:
        if after is not None and not isinstance(after, int | float):  # pyright: ignore[reportUnnecessaryIsInstance] - it is a plugin's
            raise TypeError(f"Retry(after=…) takes seconds, as a number, not {after!r}")
        super().__init__(reason)
        self.reason = reason
        self.after = after
        self.response = response


class Reject(GatewayError):  # noqa: N818 - a signal, named for how it reads at the raise
    """Raised by a handler or `deliver` to give a delivery up at once; it becomes a dead letter.

    Args:
        reason: One line kept as the reason of the dead letter.
        response: What the target answered, kept with the attempt.
        disable_target: True when the target asked never to be called again (HTTP 410 Gone, Standard
            Webhooks 1.0.0): it is disabled until a person enables it or its fingerprint changes.

    Example:
        >>> raise Reject("no such index")
        Traceback (most recent call last):
        ...
        cockpit_gateway.errors.Reject: no such index
    """

    def __init__(self, reason: str = "", *, response: Response | None = None, disable_target: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.response = response
        self.disable_target = disable_target
