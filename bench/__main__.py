"""`python -m bench`: measure, and print tables or JSON."""

from __future__ import annotations

import json
import statistics
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bench import scale
from bench.claims import Claims, claims
from bench.cluster import Figures, measure
from bench.machine import describe
from bench.pages import reading
from bench.profile import where_the_time_goes
from bench.rows import Row, Sample, latency, throughput


def main(
    names: Annotated[list[str] | None, typer.Argument(metavar="ROW…", help="Only these; all of them if none.")] = None,
    *,
    quick: Annotated[bool, typer.Option(help="Two pairs of few events: a look, not a measurement.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    directory: Annotated[Path, typer.Option(help="Where the stores are made: the disk counts.")] = Path(),
) -> None:
    """Measure what an event costs."""
    known = [*ROWS, PROFILE, CLUSTER, CLAIMS]
    unknown = sorted(set(names or ()) - set(known))
    if unknown:
        raise typer.BadParameter(f"there is no row {unknown[0]!r}; there are: {', '.join(known)}")
    with tempfile.TemporaryDirectory(dir=directory, prefix="bench-") as scratch:
        machine = describe(Path(scratch))
        found = measure_all(names or [*ROWS, PROFILE], Size(quick), Path(scratch))
    if as_json:
        print(json.dumps({"machine": machine, **asdict(found)}))
    else:
        show(machine, found)


@dataclass
class Found:
    """What was measured, as far as it was wanted.

    Attributes:
        rows: What something costs, held against something else.
        profile: The share of the gateway's time that each of its parts takes.
        cluster: What gateways that share a database do.
        claims: What claims cost, by the size of the store.
    """

    rows: list[Row] = field(default_factory=list[Row])
    profile: dict[str, float] = field(default_factory=dict[str, float])
    cluster: list[Figures] = field(default_factory=list[Figures])
    claims: list[Claims] = field(default_factory=list[Claims])


PROFILE = "profile"
"""Shows where the gateway's time goes."""

CLUSTER = "cluster"
"""Several gateways on one PostgreSQL; only if it is named, since it needs PostgreSQL, Redis and Celery."""

CLAIMS = "claims"
"""What a claim on PostgreSQL costs with 10,000,000 deliveries; only if it is named: it takes minutes, and 10 GB."""


class Size:
    """How much is measured.

    Args:
        quick: True for a look.
    """

    def __init__(self, quick: bool) -> None:
        self.pairs = 2 if quick else 5
        self.close_pairs = 2 if quick else 15
        self.many = 2_000 if quick else 20_000
        self.few = 400 if quick else 2_000
        self.kept = 100_000 if quick else 1_000_000
        self.deliveries = (200_000, 500_000) if quick else (200_000, 1_000_000, 10_000_000)


ROWS: dict[str, Callable[[Size, Path, Callable[[], None]], Sequence[Row]]] = {
    "throughput": lambda size, here, done: [throughput(size.close_pairs, size.many // 4, here, done)],
    "latency": lambda size, here, done: latency(size.close_pairs, size.few // 2, here, done),
    "fan-out": lambda size, here, done: [scale.fan_out(size.close_pairs, size.few // 10, here, done)],
    "large-store": lambda size, here, done: [scale.large_store(size.pairs, size.many, here, done, size.kept)],
    "endpoints": lambda size, here, done: [scale.many_endpoints(size.pairs, size.many, here, done)],
    "conditions": lambda size, here, done: [scale.many_conditions(size.pairs, size.few // 10, here, done)],
    "memory": lambda _size, here, done: [scale.memory(here, done)],
    "readiness": lambda size, here, done: [scale.readiness(size.pairs, here, done)],
    "pages": lambda size, here, done: reading(size.pairs, here, done, size.kept),
    "slow-receivers": lambda size, here, done: [scale.slow_receivers(size.pairs, 20, here, done)],
}


def measure_all(wanted: Sequence[str], size: Size, here: Path) -> Found:
    """Measure what is wanted, and show on a terminal how far that is.

    Args:
        wanted: The names of rows, and of the other tables.
        size: How much is measured.
        here: Where stores are made.
    """
    found = Found()
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("measuring", total=None)

        def done() -> None:
            progress.advance(task)

        for name in [name for name in [*ROWS, CLUSTER, CLAIMS] if name in wanted]:
            progress.update(task, description=name)
            if name == CLUSTER:
                found.cluster = measure(size.few, here, done, (1, 2, 4))
            elif name == CLAIMS:
                found.claims = claims(size.deliveries, done)
            else:
                found.rows += ROWS[name](size, here, done)
    if PROFILE in wanted:
        found.profile = where_the_time_goes(here, size.many)
    return found


def show(machine: dict[str, str], found: Found) -> None:
    """Print the tables."""
    console = Console()
    for name, value in machine.items():
        console.print(f"{name:13} {value}", highlight=False)
    if found.rows:
        console.print(rows_table(found.rows))
    if found.profile:
        console.print(profile_table(found.profile))
    if found.cluster:
        console.print(cluster_table(found.cluster))
    if found.claims:
        console.print(claims_table(found.claims))


def rows_table(rows: Sequence[Row]) -> Table:
    """Return what something costs, held against something else, as a table."""
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
    return table


def cluster_table(sides: Sequence[Figures]) -> Table:
    """Return what gateways that share a database do as a table."""
    times = tuple(sides[0].times)
    table = Table("side", "events/s", "CPU/event", "database's", "load's", "processors busy", *times)
    for side in sides:
        used = [f"{seconds * 1e6:.0f} µs" for seconds in (side.cpu, side.database, side.load)]
        shown = [f"{seconds * 1000:.1f} ms" for seconds in side.times.values()]
        table.add_row(side.name, f"{side.rate:.0f}", *used, f"{side.busy:.2f}", *shown)
    return table


def claims_table(sizes: Sequence[Claims]) -> Table:
    """Return what claims cost as a table."""
    table = Table("deliveries", "database", *(f"{name}, p50, p95" for name in sizes[0].times))
    for size in sizes:
        shown = [f"{median * 1000:.1f}, {slow * 1000:.1f} ms" for median, slow in size.times.values()]
        table.add_row(f"{size.deliveries:,}", f"{size.size / 2**30:.2f} GiB", *shown)
    return table


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
    times = [sample.cpu for sample in samples if sample.cpu is not None]
    return f"{statistics.median(times) * 1e6:.0f} µs" if times else "–"


if __name__ == "__main__":
    typer.run(main)
