"""How pages show times, sizes and numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import yaml
from markupsafe import Markup, escape

_SPANS = ((86400 * 2, 86400, "d"), (3600 * 2, 3600, "h"), (120, 60, "min"), (0, 1, "s"))
_PREFIXES = ("B", "KiB", "MiB", "GiB", "TiB")


def span(seconds: float) -> str:
    """Return a length of time in one unit, as large as leaves two digits or so.

    Example:
        >>> span(0.25), span(75), span(130), span(7300)
        ('250 ms', '75 s', '2 min', '2 h')
    """
    if 0 < seconds < 1:
        return f"{math.ceil(seconds * 1000)} ms"
    size, unit = next((size, unit) for least, size, unit in _SPANS if abs(seconds) >= least)
    return f"{int(seconds // size)} {unit}"


def exact(seconds: float) -> str:
    """Return a moment, in seconds since the Unix epoch, in UTC to the millisecond.

    Example:
        >>> exact(0.5)
        '1970-01-01 00:00:00.500 UTC'
    """
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + " UTC"


def relative(seconds: float, now: float) -> str:
    """Return a moment as seen from another.

    Example:
        >>> relative(100, 160), relative(160, 100), relative(100, 100)
        ('60 s ago', 'in 60 s', 'now')
    """
    passed = now - seconds
    if abs(passed) < 1:
        return "now"
    return f"{span(passed)} ago" if passed > 0 else f"in {span(-passed)}"


def moment(seconds: float | None, now: float) -> Markup:
    """Return a moment as HTML: relative, with the exact one as its title; a dash for none."""
    if seconds is None:
        return Markup('<span class="none">-</span>')
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds"), exact(seconds), relative(seconds, now)
    )


def as_yaml(settings: Mapping[str, Any]) -> str:
    r"""Return settings as they would stand in the configuration file.

    Example:
        >>> as_yaml({"events": ["collections.*"]})
        'events:\n- collections.*\n'
    """
    text: str = yaml.safe_dump(settings, sort_keys=False, allow_unicode=True)
    return text


def size(count: int) -> str:
    """Return a number of bytes with a unit.

    Example:
        >>> size(900), size(2048), size(10 << 20)
        ('900 B', '2.0 KiB', '10.0 MiB')
    """
    power = min(len(_PREFIXES) - 1, max(0, (max(count, 1).bit_length() - 1) // 10))
    return f"{count} B" if power == 0 else f"{count / 1024**power:.1f} {_PREFIXES[power]}"


def number(count: float) -> str:
    """Return a whole number with its thousands set apart by thin spaces.

    Example:
        >>> number(1234567)
        '1\u202f234\u202f567'
    """
    return f"{count:,.0f}".replace(",", "\u202f")


def percent(share: float) -> str:
    """Return a share, 1.0 being all; what is not all is never shown as 100 %.

    Example:
        >>> percent(1.0), percent(0.9999), percent(0.5)
        ('100 %', '99.9 %', '50.0 %')
    """
    return "100 %" if share == 1 else f"{math.floor(share * 1000) / 10:.1f} %"


def marked(text: str) -> Markup:
    """Return a sentence as HTML: what stands between backticks is code.

    Example:
        >>> marked("`events` has <b>")
        Markup('<code>events</code> has &lt;b&gt;')
    """
    parts = [
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part)
        for place, part in enumerate(text.split("`"))
    ]
    return Markup("").join(parts)
