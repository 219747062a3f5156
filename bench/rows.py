"""The rows: each a pair of measurements, repeated in turn."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.processes import Measured, gateway, load, peer

CONNECTIONS = 64
RATE = 200
"""Events per second of the open loop."""


@dataclass(frozen=True)
class Sample:
    """One run of one side.

    Attributes:
        value: What the row compares: events per second, or seconds at the 95th percentile.
        cpu: Processor seconds per event of the measured process, None if that is no question.
        details: Further figures by name.
    """

    value: float
    cpu: float | None
    details: dict[str, float]


@dataclass(frozen=True)
class Row:
    """A finished row.

    Attributes:
        name: What was measured.
        against: What it is held against.
        unit: Of the values.
        budget: What the ratio has to be, in words.
        ours: The gateway's samples.
        theirs: The peer's, pair by pair.
    """

    name: str
    against: str
    unit: str
    budget: str
    ours: Sequence[Sample]
    theirs: Sequence[Sample]

    @property
    def ratios(self) -> list[float]:
        """Ours over theirs, pair by pair."""
        return [ours.value / theirs.value for ours, theirs in zip(self.ours, self.theirs, strict=True)]

    @property
    def ratio(self) -> float:
        """The median ratio."""
        return statistics.median(self.ratios)


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return a percentile of ordered values by the nearest rank."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def throughput(pairs: int, events: int, directory: Path, done: Callable[[], None]) -> Row:
    """Row 1: sustained accept and deliver to one endpoint, against a bare relay."""
    ours, theirs = in_turn("relay", pairs, directory, lambda measured: rate(measured, events), done)
    return Row(
        "accept + deliver, one endpoint, durable, signed", "bare relay", "events/s", "≥ 0.40, goal 0.60", ours, theirs
    )


def latency(pairs: int, events: int, directory: Path, done: Callable[[], None]) -> tuple[Row, Row]:
    """Rows 2 and 3: time to the answer at 200 events/s, a new connection each; and to arrival, against the answer."""
    ours, theirs = in_turn("durable", pairs, directory, lambda measured: times(measured, events), done)
    arrivals = [Sample(sample.details["arrival p95"], sample.cpu, sample.details) for sample in ours]
    return (
        Row(f"ack p95 at {RATE} events/s", "bare handler + fdatasync", "s", "≤ 2", ours, theirs),
        Row(f"receipt to arrival p95 at {RATE} events/s", "our ack p95", "s", "≤ 3", arrivals, ours),
    )


def in_turn(
    kind: str,
    pairs: int,
    directory: Path,
    sample: Callable[[Measured], Sample],
    done: Callable[[], None],
    endpoints: Sequence[str] = (),
) -> tuple[list[Sample], list[Sample]]:
    """Measure the gateway and a peer in turn; both run all the time, so that a pair is as close together as can be."""
    ours: list[Sample] = []
    theirs: list[Sample] = []
    with ExitStack() as stack:
        scratch = [Path(stack.enter_context(tempfile.TemporaryDirectory(dir=directory))) for _ in range(2)]
        sides = (
            (ours, stack.enter_context(gateway(scratch[0], endpoints=endpoints))),
            (theirs, stack.enter_context(peer(kind, scratch[1]))),
        )
        for pair in range(pairs):
            for samples, measured in sides if pair % 2 == 0 else reversed(sides):
                samples.append(sample(measured))
                done()
    return ours, theirs


def rate(measured: Measured, events: int) -> Sample:
    """Return how many events per second are accepted and delivered."""
    load(measured, "closed", max(CONNECTIONS, events // 10), CONNECTIONS)
    before = measured.cpu()
    printed = load(measured, "closed", events, CONNECTIONS)
    seconds = float(printed["seconds"])  # type: ignore[arg-type]
    return Sample(events / seconds, (measured.cpu() - before) / events, {"ack p95": percentile(printed["ack"], 0.95)})


def times(measured: Measured, events: int) -> Sample:
    """Return how long it takes to the answer and to the arrival at a fixed rate."""
    load(measured, "open", max(20, events // 10), RATE)
    before = measured.cpu()
    printed = load(measured, "open", events, RATE)
    details = {
        f"{name} {label}": percentile(printed[name], share)
        for name in ("ack", "arrival")
        if printed[name]
        for label, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    }
    return Sample(details["ack p95"], (measured.cpu() - before) / events, details)
