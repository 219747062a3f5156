"""What is in the distributions, and that an environment with nothing else runs them."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest
from packages import ROOT, Distributions

SOURCES = [path for root in ("gateway", "plugins") for path in (ROOT / root).rglob("*") if path.is_file()]


def shipped() -> set[str]:
    """Return the files that a wheel has to hold, as importlib names them."""
    paths = (path.relative_to(ROOT) for path in SOURCES if "__pycache__" not in path.parts)
    return {str(Path(*path.parts[1:])) for path in paths}


PLUGINS = [f"cockpit_gateway_{name}" for name in ("exec", "jsonl", "redact", "slack", "smtp", "webhook")]


def test_the_wheel_has_no_generic_name(distributions: Distributions) -> None:
    [metadata, *packages] = sorted(
        {path.partition("/")[0] for path in distributions.wheel_files}, key=lambda name: not name.endswith(".dist-info")
    )
    assert metadata.startswith("cockpit_gateway-")
    assert set(packages) == {"cockpit_gateway", "pytest_cockpit_gateway.py", *PLUGINS}


def test_the_wheel_has_every_source_and_data_file_and_no_other(distributions: Distributions) -> None:
    modules = {path for path in distributions.wheel_files if ".dist-info/" not in path}
    assert modules == shipped()
    assert any(path.endswith(".sql") for path in modules)
    assert any(path.endswith("rules.yaml") for path in modules)
    assert sum(path.endswith("py.typed") for path in modules) == 1 + len(PLUGINS)


def test_the_contract_in_the_wheel_is_the_file_at_the_root(distributions: Distributions) -> None:
    packaged = distributions.read("cockpit_gateway/hookspecs.py")
    assert ast.get_docstring(ast.parse(packaged)), (
        "hookspecs.py in the package is not Python: this checkout has no symbolic links. "
        "Check out again after `git config core.symlinks true`."
    )
    assert packaged == (ROOT / "hookspecs.py").read_bytes()


def test_the_sdist_has_what_it_takes_to_build_and_to_test(distributions: Distributions) -> None:
    needed = {"pyproject.toml", "hookspecs.py", "LICENSE", "README.md", "CHANGELOG.md", "Makefile"}
    needed |= {"config/gateway.yaml", "docs/README.md", "tests/conftest.py"}
    assert needed <= distributions.sdist_files


def test_the_installed_environment_is_sound(installed: Path) -> None:
    checked = subprocess.run(
        [installed.with_name("python"), "-m", "pip", "check"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("module", ["cockpit_gateway", *PLUGINS])
def test_what_is_imported_is_what_was_installed(installed: Path, module: str) -> None:
    script = f"import {module}; print({module}.__file__)"
    result = subprocess.run([installed.with_name("python"), "-I", "-c", script], capture_output=True, check=True)
    assert Path(result.stdout.decode().strip()).is_relative_to(installed.parents[1])


def test_the_entry_points_lead_to_plugins_that_work(installed: Path, tmp_path: Path) -> None:
    result = subprocess.run([installed, "plugins", "list"], cwd=tmp_path, capture_output=True, check=False)
    assert result.returncode == 0, result.stdout
    assert b"broken" not in result.stdout
    assert b"cockpit-gateway" in result.stdout
