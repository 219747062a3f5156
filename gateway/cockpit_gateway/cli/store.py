"""`cockpit-gateway store`: the file that everything is kept in."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from cockpit_gateway.cli.bulk import Manner, counted, progress, warn
from cockpit_gateway.cli.exporting import export_events
from cockpit_gateway.cli.filters import EventChoice
from cockpit_gateway.cli.migrating import migrate_store
from cockpit_gateway.cli.options import ConfigOption, JsonOption, find_config, spread
from cockpit_gateway.cli.output import err, print_fields, print_json, print_text
from cockpit_gateway.cli.purging import purge_events
from cockpit_gateway.cli.times import local
from cockpit_gateway.config import ConfigFile
from cockpit_gateway.errors import GatewayError

FileArgument: TypeAlias = Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")]

app = typer.Typer(name="store", help="The file that everything is kept in.", no_args_is_help=True)


@app.command()
def check(*, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Read the whole store, and tell whether all of it is sound; the gateway may run meanwhile."""
    from cockpit_gateway.store.sqlite.examination import examine

    database = _database(config)
    with err.status(f"reading {database}"):
        found = examine(database)
    if as_json:
        print_json({"file": str(database), **found._asdict(), "problems": [*found.problems]})
    else:
        print_fields({"file": database, "schema": found.schema, "bytes": found.size, "free": found.free, **found.rows})
        for problem in found.problems:
            warn(problem)
        print_text(f"The store is damaged: {counted(len(found.problems), 'problem')}." if found.problems else "Sound.")
    raise typer.Exit(bool(found.problems))


@app.command()
def backup(target: FileArgument, *, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Copy the store into one file, while the gateway runs or not."""
    from cockpit_gateway.store.sqlite.backups import back_up

    database = _database(config)
    with _advance("back up") as advance:
        size = back_up(database, target, advance)
    if as_json:
        print_json({"store": str(database), "file": str(target), "bytes": size})
    else:
        print_text(f"Copied {database} to {target}: {size:,} bytes.")


@app.command()
def restore(
    source: FileArgument,
    *,
    resend: Annotated[
        bool,
        typer.Option("--resend", help="Deliver what had not been delivered yet when the backup was made."),
    ] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Put a backup in the place of the store, while no gateway runs. The store that was there is kept beside it.

    What the backup had left to deliver is cancelled, because most of it was delivered since; replay what is wanted.
    """
    from cockpit_gateway.store.sqlite.backups import restore as put_back

    database = _database(config)
    with _advance("restore") as advance:
        restored = put_back(source, database, advance, resend=resend)
    taken_at = datetime.fromtimestamp(restored.taken_at, UTC).isoformat(timespec="seconds")
    if as_json:
        aside = None if restored.aside is None else str(restored.aside)
        unfinished = restored.unfinished
        print_json({"store": str(database), "taken_at": taken_at, "unfinished": unfinished, "aside": aside})
        return
    print_text(f"{database} is now the backup of {local(taken_at)}.")
    if restored.aside is not None:
        print_text(f"What was there before is {restored.aside}.")
    if restored.unfinished:
        fate = "is delivered" if resend else "is cancelled"
        print_text(
            f"What it had left to deliver, {counted(restored.unfinished, 'delivery')}, {fate} at the next start."
        )


@app.command()
@spread
def export(
    target: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="The file to make; standard output by default.")
    ] = None,
    *,
    chosen: EventChoice,
    config: ConfigOption = None,
) -> None:
    """Write events with their arguments, deliveries and attempts, oldest first: a JSON object a line."""
    export_events(chosen.query(), target, config)


@app.command()
@spread
def purge(*, chosen: EventChoice, manner: Manner, config: ConfigOption = None) -> None:
    """Delete events for good, with their deliveries and attempts, pending or not: for a person whose data has to go.

    What is deleted is overwritten. Backups and logs elsewhere, and what was delivered, are not in reach.
    """
    if not any(chosen.query().values()):
        raise typer.BadParameter("say which events are to go, by --subject or another option")
    purge_events(chosen.query(), manner, config)


@app.command()
def migrate(
    *,
    source: Annotated[str, typer.Option("--from", metavar="URL", help="The file: sqlite:data/gateway.db")],
    target: Annotated[
        str, typer.Option("--to", metavar="URL", help="An empty database: postgresql://user@host/database")
    ],
    as_json: JsonOption = False,
) -> None:
    """Move the store from a SQLite file to a PostgreSQL database, while no gateway runs. The file stays as it is.

    When it was interrupted, the same command goes on where it stopped. In the end both sides are compared.
    """
    migrate_store(source, target, as_json=as_json)


def _database(config: Path | None) -> Path:
    """Return the store's file, whatever mistakes the rest of the configuration has."""
    from cockpit_gateway.daemon import validate

    file = ConfigFile.read(find_config(config))
    settings = file.place or validate(file)[0].settings
    if settings.store.file is None:
        raise GatewayError(
            f"the store is {settings.store.shown}: PostgreSQL's own tools check, copy and restore it (pg_amcheck, "
            "pg_dump, pg_restore); see docs/how-to/run-on-postgresql.md"
        )
    return settings.store.file


@contextmanager
def _advance(description: str) -> Generator[Callable[[float], None]]:
    """Show a bar; gives what is told which part of the work is done."""
    done = 0.0
    with progress(description, 1.0) as move:

        def advance(part: float) -> None:
            nonlocal done
            move(part - done)
            done = part

        yield advance
