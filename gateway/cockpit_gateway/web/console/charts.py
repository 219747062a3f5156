"""Charts: the geometry of pictures that templates draw as SVG, and what they say in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from cockpit_gateway.web.console.shown import number, span

WIDTH, HEIGHT = 600, 120
"""Units of a picture's plane, its axis aside."""

GAP = 0.2
"""Share of a step that is left free between two bars."""

_ROUND = (1, 2, 2.5, 5, 10)


class Bar(NamedTuple):
    """A part of a step: where it is drawn, and of what it tells."""

    x: float
    y: float
    width: float
    height: float
    kind: str


class Step(NamedTuple):
    """A step of a chart: what is drawn of it, and what it says when it is pointed at."""

    x: float
    width: float
    bars: Sequence[Bar]
    says: str


class Chart(NamedTuple):
    """A picture.

    Attributes:
        title: What it shows.
        words: The same in a sentence, for whoever does not see it.
        steps: What is drawn, from left to right.
        top: What its upper edge stands for, as text.
        begin: When it begins, as text.
        kinds: What the parts of its bars are, if there are several.
    """

    title: str
    words: str
    steps: Sequence[Step]
    top: str
    begin: str
    kinds: Sequence[str] = ()


class Column(NamedTuple):
    """What a step holds: when it began, seconds since the Unix epoch, and how much of each kind, the lowest first."""

    at: float
    values: Sequence[float]


def counts(title: str, columns: Sequence[Column], kinds: Sequence[str], every: str) -> Chart:
    """Return a chart of counts that add up.

    Args:
        title: What it shows.
        columns: The steps.
        kinds: What each value of a column counts.
        every: The length of a step, in words.

    Example:
        >>> counts("Events", [Column(0, [3]), Column(60, [0])], ["stored"], "minute").words
        'Events: 3 stored; at most 3 in a minute.'
    """
    most = max((sum(column.values) for column in columns), default=0)
    totals = [sum(column.values[place] for column in columns) for place in range(len(kinds))]
    told = ", ".join(f"{number(total)} {kind}" for total, kind in zip(totals, kinds, strict=True))
    words = f"{title}: {told}; at most {number(most)} in a {every}."
    says = [
        ", ".join(f"{number(value)} {kind}" for value, kind in zip(column.values, kinds, strict=True))
        for column in columns
    ]
    top = _above(most, whole=True)
    several = kinds if len(kinds) > 1 else ()
    return Chart(title, words, _steps(columns, kinds, says, top), number(top), _clock(columns), several)


def times(title: str, columns: Sequence[Column], kind: str, every: str) -> Chart:
    """Return a chart of lengths of time, in seconds; a step with 0 has none."""
    values = [column.values[0] for column in columns if column.values[0]]
    most = max(values, default=0.0)
    words = f"{title}: at most {span(most)} in a {every}." if values else f"{title}: nothing to tell."
    says = [span(column.values[0]) if column.values[0] else "none" for column in columns]
    top = _above(most or 1.0, whole=False)
    return Chart(title, words, _steps(columns, [kind], says, top), span(top), _clock(columns))


def _steps(columns: Sequence[Column], kinds: Sequence[str], says: Sequence[str], top: float) -> list[Step]:
    width = WIDTH / max(1, len(columns))
    steps: list[Step] = []
    for place, (column, told) in enumerate(zip(columns, says, strict=True)):
        bars: list[Bar] = []
        below = 0.0
        for kind, value in zip(kinds, column.values, strict=True):
            if value:
                height = max(1.5, value / top * HEIGHT)
                bars.append(
                    _bar(place * width + width * GAP / 2, HEIGHT - below - height, width * (1 - GAP), height, kind)
                )
                below += height
        steps.append(Step(round(place * width, 2), round(width, 2), bars, f"{_time(column.at)}: {told}"))
    return steps


def _bar(x: float, y: float, width: float, height: float, kind: str) -> Bar:
    return Bar(round(x, 2), round(y, 2), round(width, 2), round(height, 2), kind)


def _above(most: float, *, whole: bool) -> float:
    """Return a round number that is no less.

    Example:
        >>> _above(7, whole=True), _above(0.3, whole=False)
        (10, 0.5)
    """
    if whole and most <= 1:
        return 1
    power = 10.0 ** len(str(int(most))) / 10 if most >= 1 else 0.001
    while True:
        for factor in _ROUND:
            top = factor * power
            if top >= most and (not whole or top == int(top)):
                return int(top) if whole else top
        power *= 10


def _clock(columns: Sequence[Column]) -> str:
    return _time(columns[0].at) if columns else ""


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M")
