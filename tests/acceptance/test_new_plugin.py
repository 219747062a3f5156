"""The tutorial, typed as it stands: a plugin is written, installed, tested and called, in an environment of its own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import commands
import pytest
from commands import Site, environment, eventually, free_port, site
from documents import Page
from packages import Distributions, install

TUTORIAL = Page(Path("docs/tutorial/your-first-plugin.md"))
PATIENCE = 300.0


def typed(lines: str, folder: Path, env: dict[str, str]) -> str:
    """Type lines into one shell; each has to succeed."""
    result = subprocess.run(
        ["sh", "-e"],
        input=lines,
        cwd=folder,
        env=environment(env),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert result.returncode == 0, result.stdout
    return result.stdout


def test_the_tutorial(tmp_path: Path, distributions: Distributions, monkeypatch: pytest.MonkeyPatch) -> None:
    begin, run_tests, start, see = TUTORIAL.blocks("sh")
    [entry_point], [configuration] = TUTORIAL.blocks("toml"), TUTORIAL.blocks("yaml")
    code, tests = TUTORIAL.blocks("python")
    project = tmp_path / "cockpit-gateway-search"
    env = {"PATH": f"{install(distributions.wheel, tmp_path / 'environment').parent}:{os.environ['PATH']}"}
    assert "3 passed" in typed(begin, tmp_path, env)
    assert entry_point in (project / "pyproject.toml").read_text()

    (project / "src" / "cockpit_gateway_search" / "__init__.py").write_text(code)
    (project / "tests" / "test_plugin.py").write_text(tests)
    assert "2 passed" in typed(run_tests, project, env)

    house = Site(project, free_port())
    house.config.write_text(f"{configuration}server: {{listen: {house.url[7:]}}}\n")
    assert start.split()[:2] == ["cockpit-gateway", "run"]
    monkeypatch.setattr(commands, "COMMAND", tmp_path / "environment" / "bin" / "cockpit-gateway")
    listing, sending, seeing, finding = see.splitlines()
    with house.daemon():
        assert "search" in typed(listing, project, env)
        typed(sending, project, env)
        eventually(lambda: "delivered" in typed(seeing, project, env))
        assert typed(finding, project, env) == "7\n"


def test_a_name_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    refused = site(tmp_path).run("plugins", "new", "search_index")
    assert refused.returncode == 1
    assert b"use small letters, digits and hyphens: search-index" in refused.stderr
