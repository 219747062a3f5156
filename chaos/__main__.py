"""`python -m chaos`: make faults, and print whether the promises were kept."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import subprocess
import sys
import tempfile
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from bench.machine import describe
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from chaos.promises import Result, Scope
from chaos.scenarios import SCENARIOS

VERDICTS = {True: "[green]kept[/]", False: "[red]broken[/]", None: "[yellow]not tried[/]"}


def main(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="SCENARIO…", help="Only these; all of them if none.")
    ] = None,
    *,
    quick: Annotated[bool, typer.Option(help="Seconds instead of minutes: a look, not a proof.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    show: Annotated[bool, typer.Option("--list", help="List the scenarios.")] = False,
    directory: Annotated[
        Path | None, typer.Option(help="Where the stores are made; by default where temporary files are.")
    ] = None,
) -> None:
    """Make faults, and see whether anything that was acknowledged is lost. Ends with 1 if a promise was broken."""
    if show:
        print("\n".join(SCENARIOS))
        return
    unknown = sorted(set(names or ()) - set(SCENARIOS))
    if unknown:
        raise typer.BadParameter(f"there is no scenario {unknown[0]!r}; there are: {', '.join(SCENARIOS)}")
    place = directory or Path(tempfile.gettempdir())
    machine = describe(place)
    results = asyncio.run(run(names or list(SCENARIOS), quick=quick, directory=place))
    if as_json:
        print(json.dumps({"machine": machine, "results": [asdict(result) for result in results]}))
    else:
        print_results(machine, results)
    sys.exit(any(result.kept is False for result in results))


async def run(names: list[str], *, quick: bool, directory: Path) -> list[Result]:
    """Run scenarios."""
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # the receiver breaks connections on purpose
    this = asyncio.current_task()
    assert this is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)  # no daemon outlives the run
    results: list[Result] = []
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        for name in names:
            task = progress.add_task(name, total=None)
            scope = Scope(directory, quick, partial(_tell, progress, task, name))
            results += await _outcome(name, scope)
            progress.remove_task(task)
    return results


async def _outcome(name: str, scope: Scope) -> list[Result]:
    """Run one scenario; if it could not go on, that is a result too, and the others still run."""
    try:
        return await SCENARIOS[name](scope)
    except (OSError, RuntimeError, TimeoutError, subprocess.SubprocessError) as error:
        return [Result(name, "comes to its end", f"{type(error).__name__}: {error}", False)]


def _tell(progress: Progress, task: TaskID, name: str, text: str) -> None:
    progress.update(task, description=f"{name}: {text}")


def print_results(machine: dict[str, str], results: list[Result]) -> None:
    """Print a table."""
    console = Console()
    for name, value in machine.items():
        console.print(f"{name:13} {value}", highlight=False)
    table = Table("scenario", "promise", "measured", "")
    for result in results:
        table.add_row(result.scenario, result.promise, result.measured, VERDICTS[result.kept])
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
