"""Mistakes in a configuration file, and how they are shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

Path = tuple[str | int, ...]
"""Where a value stands: keys and list positions from the top."""

HIDDEN = "***"
SHORTEST_SECRET = 4
"""Characters; a shorter value would blot out parts of ordinary words."""


class Span(NamedTuple):
    """A place in the text; lines and columns count from 0, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake.

    Attributes:
        path: Where, in keys.
        span: Where, in the text.
        message: What is wrong, and what was meant.
        note: A further line, shown below the caret.
    """

    path: Path
    span: Span
    message: str
    note: str | None = None


@dataclass(slots=True)
class Secrets:
    """What is not to be shown.

    Attributes:
        places: Where the text itself holds secrets.
        values: Secrets, wherever they come from.
    """

    places: set[Span] = field(default_factory=set[Span])
    values: set[str] = field(default_factory=set[str])


def render_path(path: Path) -> str:
    """Return a path as a person writes it.

    Example:
        >>> render_path(("sources", "website", "tokens", 0))
        'sources.website.tokens[0]'
    """
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def render(problems: Iterable[Problem], name: str, text: str, secrets: Secrets) -> str:
    """Return mistakes in the order of the file, each with its line and a caret.

    Args:
        problems: What was found; equal mistakes in one place are shown once.
        name: The file's name.
        text: The file's text.
        secrets: What is not to be shown.
    """
    lines = _hide_places(text.splitlines(), secrets.places)
    distinct = {(problem.span, problem.message): problem for problem in problems}
    ordered = sorted(distinct.values(), key=lambda problem: (problem.span, problem.message))
    shown = "\n".join(line for problem in ordered for line in _render_one(problem, name, lines))
    for value in sorted(secrets.values, key=len, reverse=True):
        if len(value) >= SHORTEST_SECRET:
            shown = shown.replace(value, HIDDEN)
    return shown


def _render_one(problem: Problem, name: str, lines: Sequence[str]) -> list[str]:
    span = problem.span
    place = f"{name}:{span.line + 1}:{span.column + 1}"
    path = render_path(problem.path)
    shown = [f"{place}: {path}: {problem.message}" if path else f"{place}: {problem.message}"]
    if span.line < len(lines):
        line = lines[span.line]
        width = (span.end_column if span.end_line == span.line else len(line)) - span.column
        shown += [f"{span.line + 1:>6} | {line}", f"       | {' ' * span.column}{'^' * max(1, width)}"]
        if problem.note:
            shown.append(f"       = {problem.note}")
    return shown


def _hide_places(lines: list[str], places: Iterable[Span]) -> list[str]:
    """Write `***` over some places; what follows keeps its column, so that carets stay true."""
    for place in places:
        for number in range(place.line, min(place.end_line + 1, len(lines))):
            line = lines[number]
            start = place.column if number == place.line else 0
            end = place.end_column if number == place.end_line else len(line)
            lines[number] = line[:start] + HIDDEN.ljust(end - start)[: max(0, end - start)] + line[end:]
    return lines
