"""A store that moves to another engine."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

import typer

from cockpit_gateway.cli.bulk import counted, warn
from cockpit_gateway.cli.output import err, print_json, print_table, print_text
from cockpit_gateway.config.problems import HIDDEN
from cockpit_gateway.config.store import DATA, StoreUrl, check_store
from cockpit_gateway.errors import StoreError
from cockpit_gateway.store import open_store

if TYPE_CHECKING:
    from cockpit_gateway.store.moving import Compared, Doing, Moved, Show
    from cockpit_gateway.store.tables import Advance

SEALED = ("endpoints", "answers")
"""Tables whose rows are sealed by the gateway's key."""

Tables: TypeAlias = Mapping[str, "Compared"]


def migrate_store(source: str, target: str, *, as_json: bool) -> None:
    """Move a store, show how far it is, and say what to do then.

    Args:
        source: The URL of a SQLite file, as it was given.
        target: The URL of a PostgreSQL database, as it was given.
        as_json: With one JSON document as the output.
    """
    old, new = _url("--from", source), _url("--to", target)
    if old.file is None:
        raise typer.BadParameter(
            "name a SQLite file: sqlite:data/gateway.db; PostgreSQL's own tools copy databases (pg_dump)",
            param_hint="--from",
        )
    if new.file is not None:
        raise typer.BadParameter(
            "name a PostgreSQL database: postgresql://user@host/database; a file is copied by `store backup`",
            param_hint="--to",
        )
    open_store(new)  # says what is missing if the driver is not installed
    from cockpit_gateway.store.moving import move

    try:
        with _progress() as show:
            moved = asyncio.run(move(old.file, new, show))
    except KeyboardInterrupt:
        warn("Interrupted: the same command goes on where it stopped.")
        raise
    if as_json:
        print_json(
            {
                "from": old.shown,
                "to": new.shown,
                "resumed": moved.resumed,
                "finished": not moved.differing,
                "parked": len(moved.parked),
                "cancelled": moved.cancelled,
                "tables": {name: compared._asdict() for name, compared in moved.tables.items()},
            }
        )
    else:
        _report(old, new, moved)
    if moved.differing:
        raise StoreError(
            f"what was copied is not what is in {old.shown}: {', '.join(moved.differing)}. No gateway starts with it; "
            "make the database anew (dropdb, createdb), and run the command again"
        )


def _url(option: str, url: str) -> StoreUrl:
    try:
        return check_store(url)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


def _report(old: StoreUrl, new: StoreUrl, moved: Moved) -> None:
    rows = [
        (name, f"{source:,}", f"{target:,}", "same" if same else "differs")
        for name, (source, target, same) in moved.tables.items()
    ]
    print_table(("table", "rows in the file", "in the database", "content"), rows)
    if moved.parked:
        warn(f"{counted(len(moved.parked), 'delivery')} given up: the gateway had died in their attempts.")
    if moved.cancelled:
        warn(f"{counted(moved.cancelled, 'delivery')} cancelled: the file was a restored backup.")
    if not moved.differing:
        _say_what_to_do(old, new, moved.tables)


def _say_what_to_do(old: StoreUrl, new: StoreUrl, tables: Tables) -> None:
    print_text(f"\nThe store has moved. Set {old.shown} aside, so that no gateway delivers from it again.")
    print_text(f"Write into the configuration of each gateway:\n\n    store: {new.shown}\n")
    if HIDDEN in new.shown:
        print_text(f"{HIDDEN} is the password; ${{DB_PASSWORD}} in its place takes it from the environment.")
    key = old.beside("gateway.key")
    if key.exists() and any(tables[name].source for name in SEALED):
        print_text(
            f"What is sealed in it, such as endpoints made in the console, opens with {key} alone: copy it to "
            f"{DATA / key.name} in the working directory of each gateway, or give its line by encryption.keys."
        )


@contextmanager
def _progress() -> Generator[Show]:
    """Show a bar for each table that has rows, on a terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        """Rows per second."""

        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{speed:,.0f}/s", style="dim")

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        console=err,
        disable=not err.is_terminal,
    ) as bars:

        def show(doing: Doing, table: str, total: int, done: int) -> Advance:
            bar = bars.add_task(f"{doing} {table}", total=total, completed=done, visible=bool(total))
            return lambda rows: bars.advance(bar, rows)

        yield show
