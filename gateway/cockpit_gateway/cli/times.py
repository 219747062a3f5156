"""Times for people: local, and relative where that says more."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from cockpit_gateway.config.quantities import parse_duration

_UNITS = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"))


def local(iso: str | None) -> str | None:
    """Return the API's ISO 8601 time in the local time zone, to the second.

    Args:
        iso: As the API gives it; None stays None.
    """
    return None if iso is None else datetime.fromisoformat(iso).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def moment(text: str, now: datetime | None = None) -> str:
    """Return a time that a person means, as the API takes it.

    Args:
        text: How long ago ("2h", "1d12h"), or a date with or without a time; local, unless it says otherwise.
        now: What a duration is counted back from; None is now.

    Raises:
        ValueError: it is neither.

    Example:
        >>> moment("90m", datetime.fromtimestamp(5400, UTC))
        '1970-01-01T00:00:00+00:00'
    """
    with suppress(ValueError):
        return datetime.fromisoformat(text).astimezone(UTC).isoformat()
    if text.isdecimal():
        raise ValueError(f"{text} of what? Write {text}h for hours, {text}m for minutes, {text}d for days")
    try:
        ago = timedelta(seconds=parse_duration(text))
        return ((now or datetime.now(UTC)) - ago).isoformat()
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is neither how long ago, like 2h, nor a time like 2026-11-20T08:00") from None


def relative(iso: str, now: datetime | None = None) -> str:
    """Return how far away a time is.

    Args:
        iso: As the API gives it.
        now: What it is held against; None is now.

    Example:
        >>> relative("1970-01-01T00:04:00.000Z", datetime.fromtimestamp(0, UTC))
        'in 4 min'
    """
    away = datetime.fromisoformat(iso) - (now or datetime.now(UTC))
    if abs(away) < timedelta(seconds=1):
        return "now"
    return f"in {span(away.total_seconds())}" if away > timedelta() else f"{span(-away.total_seconds())} ago"


def span(seconds: float) -> str:
    """Return a duration in its two largest units.

    Example:
        >>> span(5400), span(0.25)
        ('1 h 30 min', '250 ms')
    """
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    largest = next(index for index, (length, _) in enumerate(_UNITS) if seconds >= length)
    length, unit = _UNITS[largest]
    whole, rest = divmod(seconds, length)
    smaller = _UNITS[largest + 1 : largest + 2]
    parts = [f"{whole:.0f} {unit}", *(f"{rest // size:.0f} {name}" for size, name in smaller if rest >= size)]
    return " ".join(parts)
