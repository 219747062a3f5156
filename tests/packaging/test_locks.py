"""The lock files pin every dependency, with hashes, at a version that the project allows."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = ROOT / "config/locks"


def pinned(lock: str) -> dict[str, str]:
    """Return the pins of a lock file; each has a hash."""
    pins = (LOCKS / f"{lock}.txt").read_text().replace("\\\n", " ").splitlines()
    assert all("--hash=sha256:" in pin for pin in pins)
    found = [re.match(r"([A-Za-z0-9._-]+)==(\S+)", pin) for pin in pins]
    return {canonicalize_name(pin[1]): pin[2] for pin in found if pin is not None}


def wanted(group: str | None) -> list[Requirement]:
    listed = list(PROJECT["project"]["dependencies"])
    for extra in PROJECT["project"]["optional-dependencies"].values():
        listed += extra
    return [Requirement(text) for text in [*listed, *in_group(group)]]


def in_group(group: str | None) -> list[str]:
    items = [] if group is None else PROJECT["dependency-groups"][group]
    return [text for item in items for text in ([item] if isinstance(item, str) else in_group(item["include-group"]))]


@pytest.mark.parametrize(("lock", "group"), [("gateway", None), ("test", "test"), ("dev", "dev"), ("bench", "bench")])
def test_every_dependency_is_pinned_at_an_allowed_version(lock: str, group: str | None) -> None:
    pins = pinned(lock)
    wrong = [
        str(requirement)
        for requirement in wanted(group)
        if not requirement.specifier.contains(pins.get(canonicalize_name(requirement.name), "0"))
    ]
    assert wrong == [], "run `make locks`"


def test_the_locks_agree() -> None:
    gateway, test, dev = pinned("gateway"), pinned("test"), pinned("dev")
    assert gateway.items() <= test.items()
    assert test.items() <= dev.items()


def test_what_the_gateway_is_made_of_can_be_listed(tmp_path: Path) -> None:
    listed = tmp_path / "sbom.json"
    program = str(Path(sys.executable).with_name("cyclonedx-py"))
    command = [program, "requirements", "--output-file", str(listed), str(LOCKS / "gateway.txt")]
    subprocess.run(command, check=True, capture_output=True)
    components = json.loads(listed.read_text())["components"]
    assert {canonicalize_name(component["name"]): component["version"] for component in components} == pinned("gateway")


@pytest.mark.parametrize(
    ("answer", "code", "told"),
    [
        ('{"dependencies": [{"name": "a", "version": "1", "vulns": []}]}', 0, "1 of 1 dependencies audited, 0 vuln"),
        ('{"dependencies": [{"name": "a", "skip_reason": "x"}]}', 0, "does not answer for them: a"),
        (
            '{"dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "X-1", "fix_versions": ["2"]}]}]}',
            1,
            "a 1: X-1, fixed in 2",
        ),
        ("", 0, "Not audited: no network"),
    ],
)
def test_a_vulnerability_fails_and_a_silent_service_is_told(tmp_path: Path, answer: str, code: int, told: str) -> None:
    done = audited(tmp_path, f"cat {tmp_path}/answer", answer)
    assert (done.returncode, told in done.stdout) == (code, True), done.stdout


def test_a_service_that_hangs_is_given_up(tmp_path: Path) -> None:
    done = audited(tmp_path, "exec sleep 3600", patience="0.2")
    assert (done.returncode, done.stdout) == (0, "Not audited: no answer within 0.2 s\n")


def audited(folder: Path, asking: str, answer: str = "", patience: str = "60") -> subprocess.CompletedProcess[str]:
    """Run the audit with a program in place of `pip-audit`."""
    (folder / "answer").write_text(answer)
    for name, text in {
        "python": f'#!/bin/sh\nexec {sys.executable} "$@"\n',
        "pip-audit": f"#!/bin/sh\necho 'no network' >&2\n{asking}\n",
    }.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    script = f"import sys, runpy; sys.executable = {str(folder / 'python')!r}; "
    script += f"sys.argv = ['audit', 'lock', {patience!r}]; "
    script += f"runpy.run_path({str(LOCKS / 'audit.py')!r}, run_name='__main__')"
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
