"""A new plugin, as its author has it after a minute: written, installed beside the wheel, tested, and called."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import commands
import pytest
from commands import Site, environment, eventually, site
from packages import Distributions

PATIENCE = 300.0


def typed(line: str, folder: Path) -> str:
    """Run a line in a shell; it has to succeed."""
    path = f"{commands.COMMAND.parent}:{os.environ['PATH']}"
    result = subprocess.run(
        ["sh", "-c", line],
        cwd=folder,
        env=environment({"PATH": path}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert result.returncode == 0, result.stdout
    return result.stdout


@pytest.fixture
def house(tmp_path: Path) -> Site:
    return site(tmp_path)


def test_it_is_written_installed_tested_and_called(
    house: Site, distributions: Distributions, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = typed("cockpit-gateway plugins new search-index", house.folder)
    project = house.folder / "cockpit-gateway-search-index"
    assert "Wrote cockpit-gateway-search-index." in said

    steps = [line.strip() for line in said.splitlines() if line.startswith("  ")]
    assert [step.split()[0] for step in steps] == ["python", ".venv/bin/pip", ".venv/bin/pytest"]
    typed(steps[0], project)
    typed(f"{steps[1]} '{distributions.wheel}'", project)
    assert "3 passed" in typed(steps[2], project)

    monkeypatch.setattr(commands, "COMMAND", project / ".venv" / "bin" / "cockpit-gateway")
    with house.daemon():
        [listed] = house.json("plugins", "list", "--hook", "collections_save_after")["plugins"]
        typed(
            """cockpit-gateway send --event collections.save.after --args '["posts", {"_id": "7"}, false]'""",
            house.folder,
        )
        eventually(lambda: house.deliveries("--plugin", "search-index", "--state", "delivered"))
    assert (listed["name"], listed["distribution"], listed["version"]) == (
        "search-index",
        "cockpit-gateway-search-index",
        "0.1.0",
    )
    assert "an entry was saved" in (house.folder / "log").read_text()


def test_a_name_that_cannot_be_used_is_refused(house: Site) -> None:
    refused = house.run("plugins", "new", "search_index")
    assert refused.returncode == 1
    assert b"use small letters, digits and hyphens: search-index" in refused.stderr
