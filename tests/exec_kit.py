"""Commands for the exec plugin to run, and whether anything is left of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from cockpit_gateway import Response

Run = Callable[..., Awaitable[Response]]
"""Runs a command with these arguments for some events, with these settings."""

FOREVER = "sleep 1000"


def shell(script: str) -> list[str]:
    """Return a command of a shell's."""
    return ["/bin/sh", "-c", script]


def python(script: str) -> list[str]:
    """Return a command of Python's."""
    return [sys.executable, "-I", "-c", script]


def noting(note: Path, then: str, trap: str = "") -> list[str]:
    """Return a command that notes its child's and its own id, and then does something."""
    lines = [trap, f"{FOREVER} & echo $! >{note}.new", f"echo $$ >>{note}.new", f"mv {note}.new {note}", then]
    return shell("\n".join(lines))


def pids(note: Path, count: int) -> list[int]:
    """Return the processes that a script has noted, once all have."""
    found = note.read_text().split() if note.exists() else []
    return [int(pid) for pid in found] if len(found) == count else []


def gone(pid: int) -> bool:
    """Tell whether a process has ended; one whose parent ended first may wait for whoever collects it."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z" and os.getpid() != parent(pid)


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[1])
