"""The server that is started for the tests: it leaves nothing behind, however they end."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

USE_IT = """
import sys
from bench.postgresql import LocalServer
with LocalServer.temporary() as server:
    print(server.directory.parent, server.pid, flush=True)
    sys.stdin.read()
"""


def test_it_ends_with_who_uses_it_though_that_is_killed() -> None:
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", USE_IT], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as user:
        assert user.stdout is not None
        folder, pid = user.stdout.readline().split()
        assert Path("/proc", pid).exists()
        user.kill()
    deadline = time.monotonic() + 30
    while Path("/proc", pid).exists() or Path(folder, "server").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    for left in Path(folder).iterdir():
        left.unlink()
    Path(folder).rmdir()
