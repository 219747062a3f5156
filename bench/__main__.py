"""`python -m bench`: measure, and print tables or JSON."""

from __future__ import annotations

import json
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bench.machine import describe
from bench.profile import where_the_time_goes
from bench.rows import Row, Sample, latency, throughput


def main(
    *,
    quick: Annotated[bool, typer.Option(help="Two pairs of few events: a look, not a measurement.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    directory: Annotated[Path, typer.Option(help="Where the stores are made: the disk counts.")] = Path(),
    profile: Annotated[bool, typer.Option(help="Show where the gateway's time goes as well.")] = True,
) -> None:
    """Measure what an event costs."""
    pairs, many, few = (2, 2_000, 400) if quick else (5, 20_000, 2_000)
    with tempfile.TemporaryDirectory(dir=directory, prefix="bench-") as scratch:
        here = Path(scratch)
        machine = describe(here)
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("measuring", total=pairs * 4 + profile)
            rows = [
                throughput(pairs, many, here, lambda: progress.advance(task)),
                *latency(pairs, few, here, lambda: progress.advance(task)),
            ]
            shares = where_the_time_goes(here, many) if profile else {}
            progress.advance(task)
    if as_json:
        print(json.dumps({"machine": machine, "rows": [asdict(row) for row in rows], "profile": shares}))
    else:
        show(machine, rows, shares)


def show(machine: dict[str, str], rows: Sequence[Row], shares: dict[str, float]) -> None:
    """Print the tables."""
    console = Console()
    for name, value in machine.items():
        console.print(f"{name:13} {value}", highlight=False)
    table = Table("what", "against", "ours", "theirs", "ratio", "min–max", "budget", "CPU/event ours", "theirs")
    for row in rows:
        table.add_row(
            row.name,
            row.against,
            _value(row.ours, row.unit),
            _value(row.theirs, row.unit),
            f"{row.ratio:.2f}",
            f"{min(row.ratios):.2f}–{max(row.ratios):.2f}",
            row.budget,
            _cpu(row.ours),
            _cpu(row.theirs),
        )
    console.print(table)
    if shares:
        console.print(profile_table(shares))


def profile_table(shares: dict[str, float]) -> Table:
    """Return where the time goes as a table."""
    table = Table("part of the gateway", "share of its time")
    for part, share in sorted(shares.items(), key=lambda item: -item[1]):
        table.add_row(part, f"{share:.0%}")
    return table


def _value(samples: Sequence[Sample], unit: str) -> str:
    median = statistics.median(sample.value for sample in samples)
    return f"{median * 1000:.2f} ms" if unit == "s" else f"{median:.0f} {unit}"


def _cpu(samples: Sequence[Sample]) -> str:
    return f"{statistics.median(sample.cpu for sample in samples) * 1e6:.0f} µs"


if __name__ == "__main__":
    typer.run(main)
