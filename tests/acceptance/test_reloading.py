"""Reloading the installed daemon: by a signal and by the command, with what it tells systemd."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import commands
from commands import PATIENCE, SAVE, Site, environment, eventually, site


def messages(house: Site) -> list[dict[str, object]]:
    lines = (house.folder / "log").read_text().splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def told(house: Site, message: str) -> list[dict[str, object]]:
    return [line for line in messages(house) if line["message"] == message]


def test_the_command_tells_what_is_in_force_and_what_needs_a_restart(tmp_path: Path) -> None:
    house = site(tmp_path)
    with house.daemon() as process:
        assert house.text("reload") == "Nothing is different.\n"
        house.config.write_text(house.config.read_text() + "retention: {age: 7d}\ncustom_events: [shop.*]\n")
        done = house.json("reload")
        assert done["changes"] == [{"setting": "retention.age", "change": "changed"}]
        assert done["needs_restart"] == [{"setting": "custom_events", "change": "changed"}]
        assert "needs a restart" in house.text("reload")
        assert house.pid == process.pid


def test_a_mistake_is_shown_and_nothing_has_changed(tmp_path: Path) -> None:
    house = site(tmp_path)
    sound = house.config.read_text()
    with house.daemon():
        for mistake in ("log: {level: loud}", "plugins: {nope: {}}", "server: {listen: no-port}"):
            section = mistake.partition(":")[0]
            others = [line for line in sound.splitlines() if not line.startswith(f"{section}:")]
            house.config.write_text("\n".join([*others, mistake]))
            refused = house.run("reload")
            assert refused.returncode == 1
            assert "gateway.yaml:" in refused.stderr.decode()
        house.config.write_text(sound)
        house.text("send", SAVE)
        house.text("reload")
    assert len(told(house, "not reloaded, the configuration stays as it was")) == 3


def test_a_signal_reloads_and_changes_the_log(tmp_path: Path) -> None:
    house = site(tmp_path)
    with house.daemon() as process:
        house.config.write_text(house.config.read_text() + "log: {level: warning, format: json}\n")
        process.send_signal(signal.SIGHUP)
        eventually(lambda: house.json("reload")["changes"] == [] and told(house, "ready"))
        sound = house.config.read_text()
        for found, half in enumerate(("log: {\n", "")):  # as somebody finds it who is quicker than the editor
            house.config.write_text(half)
            process.send_signal(signal.SIGHUP)
            eventually(lambda: len(told(house, "not reloaded, the configuration stays as it was")) > found)  # noqa: B023
        house.config.write_text(sound)
        house.text("send", SAVE)


def test_a_signal_that_comes_before_it_is_ready_reloads_when_it_is(tmp_path: Path) -> None:
    house = site(tmp_path)
    with (tmp_path / "log").open("ab") as log:
        process = subprocess.Popen(
            [commands.COMMAND, "run"], cwd=tmp_path, env=environment(None), stdout=log, stderr=log
        )
    try:
        eventually(lambda: _holds_back(process.pid, {signal.SIGHUP, signal.SIGUSR2}))
        process.send_signal(signal.SIGHUP)
        eventually(lambda: told(house, "reloaded") or process.poll() is not None)
    finally:
        process.terminate()
    assert process.wait(PATIENCE) == 0
    assert [line["message"] for line in messages(house)][:2] == ["ready", "reloaded"]


def _holds_back(pid: int, numbers: set[signal.Signals]) -> bool:
    """Tell whether a process blocks these signals and no other, as it does from its first line until it takes them."""
    status = dict(line.split(":\t") for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(status["SigBlk"], 16) == sum(1 << (number - 1) for number in numbers)


def test_a_storm_of_signals_is_a_few_reloads(tmp_path: Path) -> None:
    house = site(tmp_path)
    with house.daemon() as process:
        for _ in range(200):
            process.send_signal(signal.SIGHUP)
            time.sleep(0.002)
        house.json("reload")
        eventually(lambda: house.json("reload")["changes"] == [])
        assert 1 < len(told(house, "reloaded")) < 100


def test_systemd_is_told(tmp_path: Path) -> None:
    house = site(tmp_path)
    place = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(place))
        systemd.settimeout(PATIENCE)
        with house.daemon({"NOTIFY_SOCKET": str(place)}) as process:
            assert systemd.recv(4096).startswith(b"READY=1")
            os.kill(process.pid, signal.SIGHUP)
            reloading = systemd.recv(4096).decode().splitlines()
            assert reloading[0] == "RELOADING=1"
            assert int(reloading[1].removeprefix("MONOTONIC_USEC=")) > 0
            assert systemd.recv(4096).startswith(b"READY=1")


def test_without_a_daemon_there_is_nothing_to_reload(tmp_path: Path) -> None:
    refused = site(tmp_path).run("reload")
    assert refused.returncode == 1
    assert b"no gateway is running" in refused.stderr
