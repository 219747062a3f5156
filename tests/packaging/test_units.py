"""The units for systemd: systemd knows every setting in them, and the service is well shut in."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[2] / "config/systemd"


def settings(name: str) -> configparser.ConfigParser:
    parsed = configparser.ConfigParser(strict=True, interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment, method-assign]
    parsed.read(UNITS / name)
    return parsed


def test_the_service_starts_the_command_that_is_installed_and_is_told_of() -> None:
    service = settings("cockpit-gateway.service")["Service"]
    assert re.fullmatch(r"/\S+/cockpit-gateway run --config /etc/cockpit-gateway/gateway\.yaml", service["ExecStart"])
    assert (service["Type"], service["NotifyAccess"]) == ("notify", "main")
    assert service["WorkingDirectory"] == f"/var/lib/{service['StateDirectory']}"


def test_the_socket_is_at_the_default_address() -> None:
    assert settings("cockpit-gateway.socket")["Socket"]["ListenStream"] == "127.0.0.1:8787"


@pytest.mark.parametrize(
    "setting", ["NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices", "MemoryDenyWriteExecute"]
)
def test_the_service_is_shut_in(setting: str) -> None:
    service = settings("cockpit-gateway.service")["Service"]
    assert service[setting] == "yes"
    assert (service["ProtectSystem"], service["CapabilityBoundingSet"]) == ("strict", "")


def test_systemd_knows_every_setting(tmp_path: Path) -> None:
    """Where systemd is installed, it is asked itself."""
    for unit in UNITS.iterdir():
        text = unit.read_text().replace("/opt/cockpit-gateway/bin/cockpit-gateway", "/bin/true")
        (tmp_path / unit.name).write_text(text)
    program = shutil.which("systemd-analyze")
    if program is not None:
        command = [program, "verify", "--man=no", *(str(tmp_path / unit.name) for unit in UNITS.iterdir())]
        checked = subprocess.run(command, capture_output=True, text=True, check=False)
        complaints = [line for line in checked.stderr.splitlines() if str(tmp_path) in line]
        assert complaints == []
    named = {name for unit in UNITS.iterdir() for section in settings(unit.name).values() for name in section}
    assert not [name for name in named if not re.fullmatch(r"[A-Z][A-Za-z]+", name)]
