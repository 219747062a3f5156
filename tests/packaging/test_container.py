"""The container's recipe: what it copies is there, is enough to install from, and starts what it says.

There is no container engine in the tests: the steps are taken from the Dockerfile and done without one.
"""

from __future__ import annotations

import fnmatch
import re
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

from typer.testing import CliRunner

from cockpit_gateway.cli.app import app

ROOT = Path(__file__).parents[2]
RECIPE = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text())


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} (.*)$", RECIPE, re.MULTILINE)


def context(folder: Path) -> Path:
    """Copy what .dockerignore lets through; it names what is wanted with a `!`."""
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert ignored[0] == "*"
    for name in (line.removeprefix("!") for line in ignored if line.startswith("!")):
        assert (ROOT / name).exists(), name
        subprocess.run(["cp", "-a", ROOT / name, folder / name], check=True)
    return folder


def test_the_wheel_can_be_made_of_what_is_copied(tmp_path: Path) -> None:
    (source := tmp_path / "source").mkdir()
    built = tmp_path / "built"
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", built, context(source)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    [wheel] = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert {"cockpit_gateway/hookspecs.py", "cockpit_gateway_webhook/plugin.py"} <= set(archive.namelist())
    [locks] = re.findall(r"--require-hashes --requirement (\S+)", RECIPE)
    assert (source / locks).is_file()


def test_files_that_are_copied_from_the_checkout_exist() -> None:
    copied = [shlex.split(line)[0] for line in instructions("COPY") if not line.startswith("--from")]
    assert copied == [".", "config/container/gateway.yaml"]
    assert (ROOT / copied[1]).is_file()


def test_its_configuration_is_valid() -> None:
    [place] = re.findall(r"COCKPIT_GATEWAY_CONFIG=(\S+)", RECIPE)
    [copied] = [line.split() for line in instructions("COPY") if line.endswith(place)]
    checked = CliRunner(env={"WEBSITE_TOKEN": "a-token-of-the-test"}).invoke(app, ["check", str(ROOT / copied[0])])
    assert checked.exit_code == 0, checked.output


def test_it_runs_without_rights_and_with_commands_that_exist() -> None:
    assert instructions("USER") == ["gateway"]
    started = [
        shlex.split(re.sub(r"[\[\],]", " ", line)) for line in (*instructions("CMD"), *instructions("HEALTHCHECK"))
    ]
    for command in started:
        name = command[command.index("cockpit-gateway") + 1]
        assert CliRunner().invoke(app, [name, "--help"]).exit_code == 0


def test_nothing_secret_or_large_gets_into_the_image() -> None:
    allowed = [line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().split() if line.startswith("!")]
    for unwanted in ("data", ".git", ".venv", "tests", ".env"):
        assert not any(fnmatch.fnmatchcase(unwanted, pattern) for pattern in allowed)
