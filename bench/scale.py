"""The rows about size: many endpoints, a large store, a long backlog, slow receivers."""

from __future__ import annotations

import http.client
import os
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from bench.fill import fill
from bench.peers import FAN
from bench.processes import Measured, endpoint, first_arrival, free_port, gateway, load, peer, sink
from bench.rows import Row, Sample, in_turn, percentile, rate

MANY = 1000
"""Endpoints."""

PENDING = 100_000
MIB = 1024 * 1024
Done = Callable[[], None]


def fan_out(pairs: int, events: int, directory: Path, done: Done) -> Row:
    """Row 4: one event to fifty endpoints, against a client that posts the same bodies."""
    endpoints = [endpoint(f"e{number}", f"in{number}") for number in range(FAN)]

    def sample(measured: Measured) -> Sample:
        load(measured, "closed", 4, 2, arrivals=4 * FAN)
        before = measured.cpu()
        seconds = float(load(measured, "closed", events, 2, arrivals=events * FAN)["seconds"])  # type: ignore[arg-type]
        return Sample(events * FAN / seconds, (measured.cpu() - before) / (events * FAN), {})

    ours, theirs = in_turn("fan", pairs, directory, sample, done, endpoints)
    return Row(f"fan-out 1 → {FAN} endpoints", "bare client loop", "deliveries/s", "≥ 0.50", ours, theirs)


def large_store(pairs: int, events: int, directory: Path, done: Done, kept: int) -> Row:
    """Row 5: with many events kept and many pending, against an empty store."""
    endpoints = [endpoint("sink"), endpoint("later", "later", "events: [error]")]
    ours, theirs = [], []
    with _scratch(directory) as filled:
        fill(filled / "gateway.db", kept=kept, pending=PENDING, target="later", due_in=3600)
        for _ in range(pairs):
            with _scratch(directory) as scratch:
                shutil.copy(filled / "gateway.db", scratch)
                os.sync()  # the copy must not be written back while the gateway syncs
                with gateway(scratch, endpoints=endpoints) as measured:
                    ours.append(rate(measured, events))
                    done()
            with _scratch(directory) as scratch, gateway(scratch, endpoints=endpoints) as measured:
                theirs.append(rate(measured, events))
                done()
    name = f"{kept:,} events kept, {PENDING:,} pending"
    return Row(name, "an empty store", "events/s", "≥ 0.90", ours, theirs)


def many_endpoints(pairs: int, events: int, directory: Path, done: Done) -> Row:
    """Row 6: a thousand endpoints, of which each event matches one by name, against one endpoint."""
    others = [endpoint(f"e{n}", "in", f"events: [collections.save.after.c{n}]") for n in range(1, MANY)]
    ours, theirs = _configurations([endpoint("sink"), *others], [endpoint("sink")], pairs, events, directory, done)
    return Row(f"{MANY} endpoints, one matches by name", "one endpoint", "events/s", "≥ 0.80", ours, theirs)


def many_conditions(pairs: int, events: int, directory: Path, done: Done) -> Row:
    """Row 7: a thousand endpoints with a condition on the same event, of which one holds, against one endpoint.

    What is compared is the longest answer of a probe that touches no store, asked all the time beside the load: the
    event loop was held no longer.
    """
    settings = "events: [collections.save.after], when: 'event.collection == \"c%d\"'"
    others = [endpoint(f"e{n}", "in", settings % n) for n in range(1, MANY)]
    ours: list[Sample] = []
    theirs: list[Sample] = []
    for _ in range(pairs):
        for endpoints, samples in (([endpoint("sink"), *others], ours), ([endpoint("sink")], theirs)):
            with _scratch(directory) as scratch, gateway(scratch, endpoints=endpoints) as measured:
                load(measured, "open", 20, 20)
                before = measured.cpu()
                with Prober(measured.port) as prober:
                    load(measured, "open", events, 20)
                samples.append(Sample(max(prober.seconds), (measured.cpu() - before) / events, {}))
                done()
    name = f"{MANY} endpoints with a `when`: longest probe beside 20/s"
    return Row(name, "one endpoint", "s", "ours ≤ 20 ms", ours, theirs)


class Prober:
    """Asks for /healthz all the time, over one connection.

    Args:
        port: Where the gateway listens.
    """

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._probe)
        self.seconds: list[float] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()
        self._connection.close()

    def _probe(self) -> None:
        while not self._stopped.wait(0.002):
            began = time.perf_counter()
            self._connection.request("GET", "/healthz")
            self._connection.getresponse().read()
            self.seconds.append(time.perf_counter() - began)


def memory(directory: Path, done: Done) -> Row:
    """Row 8: memory with a long backlog: while it waits, and the most while it is delivered."""
    with _scratch(directory) as scratch, ExitStack() as stack:
        fill(scratch / "gateway.db", kept=0, pending=PENDING, target="sink", due_in=10, padding=1000 - 276)
        port = free_port()
        receiver = stack.enter_context(sink(port, PENDING // 4))
        measured = stack.enter_context(gateway(scratch, sink=port))
        waiting = measured.memory()
        first_arrival(receiver)
        most = measured.memory("VmHWM")
        done()
    samples = [Sample(most / MIB, None, {"waiting": waiting / MIB})]
    return Row(
        f"memory, {PENDING:,} pending of 1 kB", "the budget", "MiB", "≤ 150 MiB", samples, [Sample(150.0, None, {})]
    )


def readiness(pairs: int, directory: Path, done: Done) -> Row:
    """Row 9: from listening to the first delivery, with a long backlog that is due."""
    samples: list[Sample] = []
    for _ in range(pairs):
        with _scratch(directory) as scratch, ExitStack() as stack:
            fill(scratch / "gateway.db", kept=0, pending=PENDING, target="sink", due_in=0)
            port = free_port()
            receiver = stack.enter_context(sink(port, 1))
            stack.enter_context(gateway(scratch, sink=port))
            listening = time.monotonic()
            samples.append(Sample(max(0.001, first_arrival(receiver) - listening), None, {}))
            done()
    name = f"listening to first delivery, {PENDING:,} pending"
    return Row(name, "the budget", "s", "≤ 1 s", samples, [Sample(1.0, None, {})] * pairs)


def slow_receivers(pairs: int, events: int, directory: Path, done: Done) -> Row:
    """Row 10: the answer to a POST with ten endpoints behind it that take 3 s, against a bare durable receiver."""
    endpoints = [endpoint(f"e{number}", f"slow{number}") for number in range(10)]
    ours, theirs = [], []

    def sample(measured: Measured, arrivals: int) -> Sample:
        load(measured, "open", 4, 4, arrivals=arrivals // events * 4)
        printed = load(measured, "open", events, 4, arrivals=arrivals)
        return Sample(statistics.median(printed["ack"]), None, {"ack p95": percentile(printed["ack"], 0.95)})

    for _ in range(pairs):
        with _scratch(directory) as scratch, gateway(scratch, endpoints=endpoints) as measured:
            ours.append(sample(measured, events * 10))
            done()
        with _scratch(directory) as scratch, peer("durable", scratch) as measured:
            theirs.append(sample(measured, 0))
            done()
    return Row("one POST, ten endpoints that sleep 3 s", "bare handler + fdatasync", "s", "≤ 2", ours, theirs)


def _configurations(
    ours: Sequence[str], theirs: Sequence[str], pairs: int, events: int, directory: Path, done: Done
) -> tuple[list[Sample], list[Sample]]:
    samples: tuple[list[Sample], list[Sample]] = ([], [])
    for _ in range(pairs):
        for side, endpoints in zip(samples, (ours, theirs), strict=True):
            with _scratch(directory) as scratch, gateway(scratch, endpoints=endpoints) as measured:
                side.append(rate(measured, events))
                done()
    return samples


class _scratch(tempfile.TemporaryDirectory[str]):  # noqa: N801 - used like a function
    def __init__(self, directory: Path) -> None:
        super().__init__(dir=directory)

    def __enter__(self) -> Path:  # type: ignore[override]
        return Path(super().__enter__())
