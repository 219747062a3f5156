"""`python -m bench.moving`: how long a store takes to move into PostgreSQL on this machine, and how much memory."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from bench.fill import fill
from bench.postgresql import LocalServer

MOVE = "from cockpit_gateway.cli import main; main()"


def main(
    deliveries: Annotated[int, typer.Argument(help="How many there are; a tenth of them waits.")] = 1_000_000,
    *,
    directory: Annotated[Path, typer.Option(help="Where the file is made: the disk counts.")] = Path(),
) -> None:
    """Fill a store, move it, and print what that took."""
    with tempfile.TemporaryDirectory(dir=directory, prefix="bench-") as scratch, LocalServer.temporary() as server:
        file = Path(scratch, "gateway.db")
        fill(file, kept=deliveries * 9 // 10, pending=deliveries // 10, target="sink", due_in=3600, padding=1000 - 276)
        began = time.monotonic()
        arguments = ["store", "migrate", "--from", f"sqlite:{file}", "--to", server.url]
        process = subprocess.Popen([sys.executable, "-c", MOVE, *arguments])
        most = 0
        while process.poll() is None:
            most = max(most, _most_memory(process.pid))
            time.sleep(0.05)
        seconds = time.monotonic() - began
        size = file.stat().st_size
    print(
        f"{deliveries:,} deliveries, {size / 2**20:,.0f} MiB: {seconds:.1f} s, {most / 2**10:.0f} MiB of memory at most"
    )
    sys.exit(process.returncode)


def _most_memory(pid: int) -> int:
    """Return the most memory that a process ever had, KiB; 0 if it has just ended."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


if __name__ == "__main__":
    typer.run(main)
