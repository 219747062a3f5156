"""What changes many things at once: it shows what it would do, asks, shows how far it is, and says what it did."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, TypeAlias

import typer

from cockpit_gateway.cli.client import Document, Query
from cockpit_gateway.cli.options import JsonOption
from cockpit_gateway.cli.output import err

YesOption: TypeAlias = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
DryRunOption: TypeAlias = Annotated[bool, typer.Option("--dry-run", help="Only show what would be done.")]


@dataclass(frozen=True)
class Manner:
    """How a person wants it done.

    Attributes:
        yes: Without asking.
        dry_run: Not at all: it is only shown.
        as_json: With one JSON document as the output.
    """

    yes: YesOption = False
    dry_run: DryRunOption = False
    as_json: JsonOption = False

    def agrees(self, question: str) -> bool:
        """Return whether to do what was shown.

        Raises:
            typer.BadParameter: there is nobody to ask.
        """
        if self.yes or self.dry_run:
            return not self.dry_run
        if self.as_json or not sys.stdin.isatty():
            raise typer.BadParameter("nobody can be asked here; add --yes to do it, or --dry-run to only look")
        return typer.confirm(question)


@contextmanager
def progress(description: str, total: float) -> Generator[Callable[[float], None]]:
    """Show a bar on a terminal; gives what moves it forward.

    Args:
        description: What is being done.
        total: How much there is to do.
    """
    from rich.progress import Progress

    with Progress(console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(description, total=total)
        yield lambda amount: bar.advance(task, amount)


def steps(ask: Callable[..., Document], *path: str, query: Query) -> Iterator[Document]:
    """Ask step by step, until none follows.

    Args:
        ask: `get` or `post` of a client.
        path: Segments below `/api/v1`.
        query: The parameters of every step.
    """
    step = ask(*path, query=query)
    yield step
    while step["next"] is not None:
        step = ask(*path, query={**query, "cursor": step["next"]})
        yield step


def counted(count: int, noun: str) -> str:
    """Return a count with its noun.

    Example:
        >>> counted(1, "delivery"), counted(12000, "event")
        ('1 delivery', '12,000 events')
    """
    plural = noun.removesuffix("y") + "ies" if noun.endswith("y") else noun + "s"
    return f"{count:,} {noun if count == 1 else plural}"


def warn(text: str) -> None:
    """Print a warning beside the output."""
    err.print(text, style="yellow", soft_wrap=True)
