"""Restarts: a new process takes the listening sockets over, or finds them kept by systemd."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import commands
import pytest
from chaos.scenarios.restarts import AS_SYSTEMD
from commands import PATIENCE, SAVE, Site, environment, eventually, site


def log_of(house: Site) -> str:
    return (house.folder / "log").read_text()


def messages(house: Site) -> list[str]:
    return [json.loads(line)["message"] for line in log_of(house).splitlines() if line.startswith("{")]


def test_a_new_process_goes_on_where_the_old_one_ended(house: Site) -> None:
    with house.daemon() as process:
        house.text("send", SAVE)
        handed = house.json("restart")
        assert (handed["pid"], handed["successor"]) == (process.pid, house.pid)
        assert process.wait(PATIENCE) == 0
        house.text("send", SAVE)
        assert [delivery["state"] for delivery in house.ended_deliveries()] == ["delivered"] * 2
        said = house.text("restart")
        assert said.startswith(f"Process {house.pid} runs in place of {handed['successor']}, version ")


@pytest.mark.parametrize(
    ("mistake", "code", "told"),
    [
        ("log: {level: loud}\n", 1, "log.level"),
        ("plugins: {nope: {}}\n", 1, "nope"),
    ],
)
def test_one_that_cannot_take_over_leaves_the_old_one_as_it_is(
    tmp_path: Path, mistake: str, code: int, told: str
) -> None:
    house = site(tmp_path)
    sound = house.config.read_text()
    with house.daemon() as process:
        house.config.write_text(sound + mistake)
        refused = house.run("restart")
        house.config.write_text(sound)
        assert refused.returncode == code
        assert "the new process cannot take over: " in refused.stderr.decode()
        assert told in refused.stderr.decode()
        assert house.pid == process.pid
        assert house.json("restart")["successor"] == house.pid != process.pid


def test_one_that_dies_while_it_prepares_leaves_the_old_one_as_it_is(tmp_path: Path) -> None:
    house = site(tmp_path)
    packages = house.folder / "packages"
    packages.mkdir()
    with house.daemon({"PYTHONPATH": str(packages)}) as process:
        (packages / "sitecustomize.py").write_text("import os\nos._exit(7)\n")
        refused = house.run("restart")
        (packages / "sitecustomize.py").unlink()
        assert refused.returncode == 1
        assert "it ended with the exit code 7; the log says why" in refused.stderr.decode()
        assert house.pid == process.pid


def test_sigusr2_does_the_same(tmp_path: Path) -> None:
    house = site(tmp_path)
    with house.daemon() as process:
        process.send_signal(signal.SIGUSR2)
        assert process.wait(PATIENCE) == 0
        assert eventually(lambda: house.pid) != process.pid


def test_a_unix_socket_is_handed_over_and_its_file_removed_at_the_end(tmp_path: Path) -> None:
    house = site(tmp_path)
    house.config.write_text("server: {listen: 'unix:http.sock'}\nstore: sqlite:gateway.db\nsources: {website: {}}\n")
    with house.daemon():
        house.json("restart")
        house.text("send", SAVE)
        assert (house.folder / "http.sock").stat().st_mode & 0o777 == 0o600
    assert len(house.json("events", "list")["events"]) == 1


def test_another_address_is_listened_on_by_the_new_process(tmp_path: Path) -> None:
    house = site(tmp_path)
    port = commands.free_port()
    with house.daemon():
        house.config.write_text(house.config.read_text().replace(str(house.port), str(port)))
        house.json("restart")
        with socket.create_connection(("127.0.0.1", port), PATIENCE):
            pass
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", house.port), PATIENCE)


def test_without_a_daemon_there_is_nothing_to_restart(tmp_path: Path) -> None:
    refused = site(tmp_path).run("restart")
    assert (refused.returncode, refused.stderr.decode().strip()) == (1, "no gateway is running")


def test_systemd_is_told_what_happens(tmp_path: Path) -> None:
    house = site(tmp_path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(str(tmp_path / "notify"))
        told.settimeout(PATIENCE)
        with house.daemon({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "2000000"}) as process:
            successor = house.json("restart")["successor"]
        said = [told.recv(4096).decode()]
        while said[-1] != "STOPPING=1":
            said.append(told.recv(4096).decode())
    assert said[0] == f"READY=1\nSTATUS=listening on {house.url}"
    assert process.pid != successor
    without_pings = [text.partition("\n")[0] for text in said if text != "WATCHDOG=1"]
    assert without_pings == ["READY=1", f"MAINPID={successor}", "READY=1", "STOPPING=1"]
    assert "WATCHDOG=1" in said


def test_the_socket_of_systemd_is_listened_on(tmp_path: Path) -> None:
    house = site(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as kept:
        port = kept.getsockname()[1]
        for _ in range(2):  # the second finds what was posted while nobody accepted
            with socket.create_connection(("127.0.0.1", port), PATIENCE) as early:
                early.sendall(b"GET /readyz HTTP/1.0\r\nHost: gateway\r\n\r\n")
                with (house.folder / "log").open("ab") as log:
                    process = subprocess.Popen(
                        [sys.executable, "-c", AS_SYSTEMD, str(kept.fileno()), commands.COMMAND, "run"],
                        cwd=house.folder,
                        env=environment(),
                        stdout=log,
                        stderr=log,
                        pass_fds=[kept.fileno()],
                    )
                early.settimeout(PATIENCE)
                assert early.recv(64).startswith(b"HTTP/1.0 200")
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0, log_of(house)
    assert f"http://127.0.0.1:{port}" in log_of(house)
