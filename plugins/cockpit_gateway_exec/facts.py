"""What a command finds in its environment."""

from __future__ import annotations

from collections.abc import Mapping

from cockpit_gateway import Delivery, Event

INHERITED = ("HOME", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LOGNAME", "PATH", "TMPDIR", "TZ", "USER")
"""Variables of the gateway's own that a command gets: what it takes to run, nothing that may be secret."""

FACTS = ("COCKPIT_EVENT", "COCKPIT_EVENT_ID", "COCKPIT_SOURCE", "COCKPIT_DELIVERY_ID", "COCKPIT_ATTEMPT")
"""Variables that tell what a command is run for."""

LONGEST_NAME = 256
"""Characters of an event's name: it comes from outside, and an environment has its bounds."""


def inherited(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what a command gets of an environment.

    Example:
        >>> inherited({"PATH": "/bin", "DATABASE_PASSWORD": "hidden"})
        {'PATH': '/bin'}
    """
    return {name: environ[name] for name in INHERITED if name in environ}


def facts(delivery: Delivery, event: Event) -> dict[str, str]:
    """Return what tells a command why it is run.

    Args:
        delivery: The delivery.
        event: Its event; of a burst, the newest.
    """
    values = (event.name, event.id, event.source, delivery.id, str(delivery.attempts + 1))
    return {name: _writable(value) for name, value in zip(FACTS, values, strict=True)}


def _writable(text: str) -> str:
    """Return text as an environment takes it, with U+FFFD for NUL and "?" for half of a pair of surrogates."""
    return text[:LONGEST_NAME].replace("\0", "\ufffd").encode("utf-8", "replace").decode()
