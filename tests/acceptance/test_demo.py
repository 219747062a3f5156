from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from commands import environment

DEMO = Path(__file__).parents[1] / "demo.py"


def test_the_demo_delivers_everything_and_is_readable_when_piped() -> None:
    result = subprocess.run([sys.executable, DEMO], env=environment(), capture_output=True, check=False, timeout=60)
    shown = result.stdout.decode()
    assert (result.returncode, result.stderr) == (0, b""), shown
    assert "\x1b" not in shown
    assert "All as expected." in shown
    assert "signature wrong" not in shown
    assert "attempt 3  200  signature verified" in shown
