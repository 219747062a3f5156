"""Runs promtool, by which Prometheus' own rules and formats are checked."""

from __future__ import annotations

import shutil
import subprocess

import pytest


def promtool(*arguments: str, given: bytes = b"") -> str:
    """Run it; return what it prints, which must be all there is.

    Args:
        arguments: The command.
        given: Its standard input.
    """
    found = shutil.which("promtool")
    if found is None:
        pytest.fail("promtool is missing; on Debian: apt install prometheus")
    result = subprocess.run([found, *arguments], input=given, capture_output=True, check=False)
    assert result.returncode == 0, (result.stdout + result.stderr).decode()
    return (result.stdout + result.stderr).decode()
