"""What the measurements were made on."""

from __future__ import annotations

import os
import platform
import statistics
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ("aiohttp", "uvloop", "pluggy", "orjson", "pydantic")
SYNCS = 200


def describe(directory: Path) -> dict[str, str]:
    """Return the machine's description.

    Args:
        directory: Whose disk the gateway's store is on.
    """
    return {
        "processor": f"{os.cpu_count()} × {_processor()}",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "libraries": ", ".join(f"{name} {version(name)}" for name in LIBRARIES),
        "fdatasync": f"{fdatasync_seconds(directory) * 1000:.2f} ms (median of {SYNCS})",
        "load average": " ".join(f"{load:.1f}" for load in os.getloadavg()),
    }


def fdatasync_seconds(directory: Path) -> float:
    """Return the median time of writing 4 KiB and one fdatasync, in seconds."""
    with tempfile.TemporaryFile(dir=directory) as file:
        times: list[float] = []
        for _ in range(SYNCS):
            began = time.perf_counter()
            os.write(file.fileno(), bytes(4096))
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - began)
    return statistics.median(times)


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
