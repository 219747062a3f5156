"""The README as typed: its plugin is installed, and its commands run, against the default configuration."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import commands
import pytest
from commands import PATIENCE, Site, environment, eventually, free_port
from documents import ROOT, Page, written_pages
from packages import install_plugin

README = Page(Path("README.md"))
WITH_TESTS_OF_THEIR_OWN = {"your-first-plugin.md", "replay.md", "look-after-endpoints.md", "keep-the-store.md"}
"""Pages whose commands need what the default configuration has not."""


@pytest.fixture
def house(tmp_path: Path) -> Site:
    """Return a folder with the default configuration, on ports of its own."""
    house = Site(tmp_path, free_port())
    text = (ROOT / "config" / "gateway.yaml").read_text()
    (tmp_path / "config").mkdir()
    text = text.replace("listen: 127.0.0.1:8787", f"listen: {house.url[7:]}")
    text = text.replace("listen: 127.0.0.1:8788", f"listen: 127.0.0.1:{free_port()}")
    (tmp_path / "config" / "gateway.yaml").write_text(text)
    return house


def install_hello(folder: Path) -> dict[str, str]:
    """Write and install the README's plugin; returns the environment that has it."""
    project = folder / "hello"
    project.mkdir()
    [code], [metadata] = README.blocks("python"), README.blocks("toml")
    (project / "cockpit_gateway_hello.py").write_text(code)
    (project / "pyproject.toml").write_text(metadata)
    return {"PYTHONPATH": str(install_plugin(project, folder / "installed"))}


def typed(line: str, house: Site, env: dict[str, str]) -> str:
    """Run a line in a shell that finds the installed command; it has to succeed."""
    path = f"{commands.COMMAND.parent}:{os.environ['PATH']}"
    result = subprocess.run(
        ["sh", "-c", line],
        cwd=house.folder,
        env=environment({**env, "PATH": path}),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert (result.returncode, result.stderr) == (0, ""), (line, result)
    return result.stdout


def test_its_commands_run_and_its_plugin_is_called(house: Site) -> None:
    env = install_hello(house.folder)
    lines = [line for line in README.commands() if line.startswith("cockpit-gateway ")]
    with house.daemon(env):
        shown = {line: typed(line, house, env) for line in lines}
        last = "cockpit-gateway deliveries list --plugin hello"
        eventually(lambda: "delivered" in typed(last, house, env))
    assert "collections.save.after" in shown["cockpit-gateway events list"]
    assert "hello" in shown["cockpit-gateway plugins list"]
    assert "collections_save_after" in shown[last]
    log = (house.folder / "log").read_text()
    assert '"title": "Hello"' in log


def test_the_commands_of_the_other_pages_run(house: Site) -> None:
    pages = [page for page in written_pages() if page.path.name not in WITH_TESTS_OF_THEIR_OWN]
    lines = [line for page in pages for line in page.commands() if line.startswith("cockpit-gateway ")]
    others = sorted(set(lines) - set(README.commands()))
    assert others
    with house.daemon():
        for line in others:
            typed(line, house, {})
