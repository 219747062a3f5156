"""What `plugins new` writes is as clean as its author's tools would have it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cockpit_gateway.cli.new_plugin import write_plugin
from cockpit_gateway.errors import GatewayError


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_plugin("search-index", tmp_path)


@pytest.mark.parametrize(
    "tool",
    [
        ("ruff", "check", "--isolated", "--extend-select=ANN,ASYNC,B,I,PT,RUF,SIM,UP"),
        ("ruff", "format", "--isolated", "--check"),
        ("mypy", "--strict"),
    ],
    ids=" ".join,
)
def test_tools_find_nothing_in_it(project: Path, tool: tuple[str, ...]) -> None:
    command = [Path(sys.executable).with_name(tool[0]), *tool[1:], "src", "tests"]
    result = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_nothing_of_the_template_is_left_in_it(project: Path) -> None:
    files = [path for path in project.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"pyproject.toml", "README.md", "py.typed", ".gitignore", "test.yml"}
    for path in files:
        text = path.read_text().replace("${{ matrix.python }}", "")
        assert not any(mark in text + str(path) for mark in ("{{", "{%", "MODULE", "jinja")), path


@pytest.mark.parametrize("name", ["Search", "search_index", "-x", "9lives", "a--b", "search/../..", "", "a\n"])
def test_a_name_that_cannot_be_used_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(GatewayError, match="use small letters, digits and hyphens"):
        write_plugin(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten_and_no_plugin_gets_a_name_twice(tmp_path: Path, project: Path) -> None:
    with pytest.raises(GatewayError, match="search-index exists already"):
        write_plugin("search-index", tmp_path)
    with pytest.raises(GatewayError, match="a plugin called 'webhook' is installed already"):
        write_plugin("webhook", tmp_path)
