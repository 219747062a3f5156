"""A share of a processor for a process: what it would have on a smaller machine."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

PERIOD = 10_000
"""Microseconds in which a share is used up: short, since what waits for the next ones is measured, too."""

_V2 = Path("/sys/fs/cgroup")
_V1 = _V2 / "cpu"


def can_limit() -> bool:
    """Tell whether this machine lets this user limit a process: root, and the kernel's control groups."""
    return os.access(_V1, os.W_OK) or (
        os.access(_V2, os.W_OK) and "cpu" in _read(_V2 / "cgroup.subtree_control").split()
    )


@contextmanager
def limited(pid: int, share: float) -> Generator[None]:
    """Give a process no more than a share of one processor.

    Args:
        pid: The process.
        share: Of a processor: 0.5 is half of one.
    """
    is_first = (_V1 / "cpu.cfs_quota_us").exists()
    group = (_V1 if is_first else _V2) / f"cockpit-gateway-bench-{pid}"
    quota = round(PERIOD * share)
    group.mkdir()
    try:
        if is_first:
            (group / "cpu.cfs_period_us").write_text(str(PERIOD))
            (group / "cpu.cfs_quota_us").write_text(str(quota))
        else:
            (group / "cpu.max").write_text(f"{quota} {PERIOD}")
        (group / "cgroup.procs").write_text(str(pid))
        yield
    finally:
        (group.parent / "cgroup.procs").write_text(str(pid))
        group.rmdir()


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""
