"""What the command line prints: tables on a terminal, plain aligned text in a pipe, one JSON document for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.highlighter import JSONHighlighter
from rich.table import Table
from rich.text import Text

from cockpit_gateway.events import JSONValue

STYLES = {
    "accepted": "green",
    "active": "green",
    "alive": "green",
    "delivered": "green",
    "loaded": "green",
    "paused": "yellow",
    "pending": "yellow",
    "withheld": "yellow",
    "late": "yellow",
    "leaving": "yellow",
    "stuck": "yellow",
    "running": "cyan",
    "broken": "red",
    "dead": "red",
    "disabled": "red",
    "gone": "red",
    "undecodable": "red",
    "ok": "green",
    "warn": "yellow",
    "fail": "red",
    "same": "green",
    "differs": "red",
}
"""Colours of states; any other is shown plainly."""

NARROWEST = 20
"""Width to which the last column of a table may be folded."""

BETWEEN = 3
"""Width of what stands between two columns of a table with rules."""

_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_UNSAFE_IN_LINES = re.compile(_UNSAFE.pattern.replace(r"\x00-\x1f", r"\x00-\x09\x0b-\x1f"))

out = Console(markup=False, emoji=False, highlight=False)
"""Standard output."""

err = Console(markup=False, emoji=False, highlight=False, stderr=True)
"""Standard error."""


def visible(text: str, *, lines: bool = False) -> str:
    r"""Make control characters visible: an escape sequence in an event must not reach the terminal.

    Args:
        text: Text of any origin.
        lines: True to keep line feeds.

    Returns:
        The text with each control, direction-changing and surrogate character written as JSON would escape it.

    Example:
        >>> visible("\x1b[2Jposts")
        '\\u001b[2Jposts'
    """
    return (_UNSAFE_IN_LINES if lines else _UNSAFE).sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def print_text(text: str = "", style: str = "") -> None:
    """Print text as it is, line feeds kept; on a terminal with a style."""
    out.print(Text(visible(text, lines=True), style=style), soft_wrap=True)


def print_json(document: JSONValue) -> None:
    """Print one JSON document, coloured on a terminal."""
    text = Text(visible(json.dumps(document, indent=2, ensure_ascii=False), lines=True))
    if out.is_terminal:
        JSONHighlighter().highlight(text)
    out.print(text, soft_wrap=True)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table: with rules and colours on a terminal, as aligned columns elsewhere.

    Args:
        columns: The headings.
        rows: The cells; None is shown as nothing.
    """
    cells = [[visible("" if cell is None else str(cell)) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(columns, *cells, strict=True)]
    if out.is_terminal and not cells:
        print_text("none", "dim")
    elif out.is_terminal and sum(widths[:-1]) + BETWEEN * len(widths) + NARROWEST <= out.width:
        out.print(_ruled(columns, cells))
    else:
        for line in _aligned(columns, cells, widths):
            out.print(line, soft_wrap=True)


def print_fields(fields: Mapping[str, object]) -> None:
    """Print names and values below each other; those without a value are left out."""
    width = max(map(len, fields))
    for name, value in fields.items():
        if value is not None and value != "":
            out.print(Text.assemble((f"{name:<{width}}  ", "dim"), _styled(visible(str(value)))), soft_wrap=True)


def print_more(following: str | None) -> None:
    """Say on a terminal how to get the next page, if there is one."""
    if following is not None and out.is_terminal:
        print_text(f"more: --cursor {following}", "dim")


def _ruled(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Return a table whose last column is folded as needed, and whose others are kept whole."""
    table = Table(box=box.SIMPLE_HEAD, border_style="dim")
    for name in columns[:-1]:
        table.add_column(name, no_wrap=True)
    table.add_column(columns[-1], overflow="fold")
    for row in rows:
        table.add_row(*map(_styled, row))
    return table


def _styled(cell: str) -> Text:
    return Text(cell, style=STYLES.get(cell.partition(" ")[0], ""))


def _aligned(columns: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int]) -> Iterator[Text]:
    """Give lines of aligned columns, however long: a program reads them whole, and a terminal wraps them."""
    headings = [Text(name.upper(), style="bold") for name in columns]
    for row in (headings, *([*map(_styled, row)] for row in rows)):
        padded = [cell + Text(" " * (width - cell.cell_len)) for cell, width in zip(row, widths, strict=True)]
        line = Text("  ").join(padded)
        line.rstrip()
        yield line
