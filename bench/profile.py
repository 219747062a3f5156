"""Where the gateway's time goes: its stacks, sampled from a thread inside it while the load runs."""

from __future__ import annotations

import collections
import json
import os
import runpy
import sys
import tempfile
import threading
from pathlib import Path
from types import FrameType

from bench import processes

PARTS = {
    "webhook plugin: aiohttp client": ("aiohttp/client", "aiohttp/connector", "aiohttp/payload"),
    "webhook plugin: ours": ("cockpit_gateway_webhook/",),
    "redact plugin": ("cockpit_gateway_redact/",),
    "store: writer thread": ("store/sqlite/writer", "store/sqlite/executor", "store/sqlite/bulk"),
    "ingest and planning": ("cockpit_gateway/ingest", "cockpit_gateway/envelope", "delivery/planning", "catalogue"),
    "dispatching": ("cockpit_gateway/delivery/",),
    "metrics": ("prometheus_client/", "telemetry/metrics"),
    "receiving: ours": ("cockpit_gateway/web/",),
    "receiving: aiohttp server": ("aiohttp/web", "aiohttp/http_writer", "aiohttp/streams"),
}
INTERVAL = 0.002
WAITING = ("_next_group", "_watch", "wait", "_run_once", "_worker")


def where_the_time_goes(directory: Path, events: int) -> dict[str, float]:
    """Return the share of each part in the gateway's busy time.

    Args:
        directory: Where the store is made.
        events: How many events to send.
    """
    with tempfile.TemporaryDirectory(dir=directory) as scratch:
        result = Path(scratch) / "profile.json"
        os.environ["BENCH_PROFILE"] = str(result)
        try:
            with processes.gateway(Path(scratch), launcher=[sys.executable, "-m", "bench.profile"]) as measured:
                processes.load(measured, "closed", events, 64)
        finally:
            del os.environ["BENCH_PROFILE"]
        counts: dict[str, int] = json.loads(result.read_text())
    total = sum(counts.values())
    return {part: count / total for part, count in counts.items()}


def part_of(frame: FrameType | None) -> str | None:
    """Return the part that the innermost frame that belongs to one belongs to; None for a thread that waits."""
    if frame is None or frame.f_code.co_name in WAITING:
        return None
    while frame is not None:
        for part, places in PARTS.items():
            if any(place in frame.f_code.co_filename for place in places):
                return part
        frame = frame.f_back
    return "event loop and the rest"


def _sample(counts: collections.Counter[str], stopped: threading.Event) -> None:
    own = threading.get_ident()
    while not stopped.wait(INTERVAL):
        for thread, frame in sys._current_frames().items():
            part = None if thread == own else part_of(frame)
            if part is not None:
                counts[part] += 1


def _main() -> None:
    counts: collections.Counter[str] = collections.Counter()
    stopped = threading.Event()
    threading.Thread(target=_sample, args=(counts, stopped), daemon=True).start()
    try:
        runpy.run_path(str(Path(sys.executable).with_name("cockpit-gateway")), run_name="__main__")
    finally:
        stopped.set()
        Path(os.environ["BENCH_PROFILE"]).write_text(json.dumps(counts))


if __name__ == "__main__":
    _main()
