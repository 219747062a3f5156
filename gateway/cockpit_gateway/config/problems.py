"""Mistakes in a configuration file, and how they are shown."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from rich.cells import cell_len

from cockpit_gateway.errors import ConfigError

Path = tuple[str | int, ...]
"""Where a value stands: keys and list positions from the top."""

Data = str | int | float | bool | date | bytes | None | list["Data"] | dict[str, "Data"]
"""What a YAML text holds."""

HIDDEN = "***"
_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_PLAIN_KEY = re.compile(r"[\w-]+")


class Span(NamedTuple):
    """A place in the text; lines and columns count from 0, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int

    def columns(self, line: int, length: int) -> tuple[int, int]:
        """Return the columns, from and to, that the span takes of a line of that length."""
        start = self.column if line == self.line else 0
        end = self.end_column if line == self.end_line else length
        return (start, min(end, length)) if self.line <= line <= self.end_line else (0, 0)


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


def config_error(problems: Iterable[Problem], name: str, text: str, hidden: Collection[Span] = ()) -> ConfigError:
    """Return the error that shows mistakes in the order of the file, each with its line and a caret.

    Args:
        problems: What was found; equal mistakes in one place are one.
        name: The file's name.
        text: The file's text.
        hidden: Places of the text that are not to be shown.
    """
    distinct: dict[tuple[Span, str], Problem] = {}
    for problem in problems:
        distinct.setdefault((problem.span, problem.message), problem)
    ordered = [distinct[place] for place in sorted(distinct)]
    lines = split_lines(text)
    shown = "\n".join(line for problem in ordered for line in _render(problem, name, lines, hidden))
    return ConfigError(shown, ordered)


def split_lines(text: str) -> list[str]:
    """Return the lines of a text as YAML 1.1 counts them (section 5.4), which is not quite as Python does."""
    return _LINE_BREAK.split(text)


def render_path(path: Path) -> str:
    """Return a path as a person writes it.

    Example:
        >>> render_path(("sources", "website", "tokens", 0))
        'sources.website.tokens[0]'
    """
    text = ""
    for part in path:
        name = part if isinstance(part, int) or _PLAIN_KEY.fullmatch(part) else f'"{part}"'
        text += f"[{part}]" if isinstance(part, int) else f".{name}" if text else str(name)
    return text


def _render(problem: Problem, name: str, lines: Sequence[str], hidden: Iterable[Span]) -> Iterator[str]:
    span = problem.span
    place = f"{name}:{span.line + 1}:{span.column + 1}"
    yield ": ".join(part for part in (place, render_path(problem.path), problem.message) if part)
    cells = _visible_cells(lines[span.line], span.line, hidden)
    start, end = span.columns(span.line, len(cells))
    yield f"{span.line + 1:>6} | {''.join(cells)}".rstrip()
    yield f"       | {_blank(cells[:start])}{'^' * max(1, cell_len(''.join(cells[start:end]).rstrip()))}"
    if problem.note:
        yield f"       = {problem.note}"


def _visible_cells(line: str, number: int, hidden: Iterable[Span]) -> list[str]:
    """Return what to show for each character of a line, so that a caret finds its place beside what is hidden."""
    cells = list(line)
    for span in hidden:
        start, end = span.columns(number, len(cells))
        if start < end:
            cells[start:end] = [HIDDEN, *[""] * (end - start - 1)]
    return cells


def _blank(cells: Iterable[str]) -> str:
    return "".join("\t" if cell == "\t" else " " * cell_len(cell) for cell in cells)
