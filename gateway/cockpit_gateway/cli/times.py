"""Times for people: local, and relative where that says more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_UNITS = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"))


def local(iso: str | None) -> str | None:
    """Return the API's ISO 8601 time in the local time zone, to the second.

    Args:
        iso: As the API gives it; None stays None.
    """
    return None if iso is None else datetime.fromisoformat(iso).astimezone().strftime("%Y-%m-%d %H:%M:%S")


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
