"""`cockpit-gateway run`: the daemon as a process."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

from commands import PATIENCE, SAVE, SECRET, TOKEN, Site, eventually, site, terminal

from cockpit_gateway.testing import Misbehaviour, Receiver


def test_version_and_help(tmp_path: Path) -> None:
    house = Site(tmp_path, 0)
    assert house.text("--version").startswith("cockpit-gateway ")
    shown = house.text("--help")
    for command in ("run", "check", "send", "events", "deliveries", "endpoints", "plugins", "schema"):
        assert command in shown


def test_sigterm_ends_the_daemon_with_zero(house: Site) -> None:
    with house.daemon() as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


def test_a_healthcheck_says_whether_it_takes_and_delivers(house: Site, receiver: Receiver) -> None:
    assert house.run("healthcheck").returncode == 1
    house.config.write_text(house.config.read_text().replace("grace: 2s", "grace: 1h"))
    receiver.usual = Misbehaviour.HANG
    with house.daemon() as process:
        assert house.text("healthcheck").startswith(f"ready: process {process.pid}, version ")
        house.text("send", SAVE)
        eventually(lambda: receiver.requests)
        process.send_signal(signal.SIGTERM)
        stopping = eventually(lambda: (found := house.run("healthcheck")).returncode and found)
        receiver.release()
        process.wait(PATIENCE)
    assert b"stopping" in stopping.stdout


def test_nothing_is_printed_off_a_terminal_but_the_log(house: Site) -> None:
    with house.daemon():
        pass
    assert [line["message"] for line in house.logged()] == ["ready", "stopping", "stopped"]


def test_a_terminal_shows_what_to_do_next(house: Site) -> None:
    with terminal(house, "run") as (_, shown):
        eventually(lambda: "cockpit-gateway check" in shown())
        screen = shown()
    for words in (
        house.url,
        "sqlite:gateway.db",
        "gateway.yaml",
        "1: search-index",
        f"{house.url}/cockpit/website",
        "X-Gateway-Token, with a token of sources.website",
        "cockpit-gateway send --event collections.save.after",
        "cockpit-gateway events list",
        "cockpit-gateway deliveries list",
    ):
        assert words in screen
    assert TOKEN not in screen
    assert SECRET not in screen


def test_a_terminal_says_when_there_is_no_source(tmp_path: Path) -> None:
    with terminal(site(tmp_path, ""), "run") as (_, shown):
        eventually(lambda: "cockpit-gateway check" in shown())
        assert "No source is configured" in shown()


def test_mistakes_in_the_file_are_shown_with_their_place(tmp_path: Path) -> None:
    house = site(tmp_path, "sources: {website: {tokns: []}}\nlog: {level: loud}\n")
    result = house.run("run")
    assert result.returncode == 2
    shown = result.stderr.decode()
    assert "gateway.yaml:3:21: sources.website.tokns" in shown
    assert "gateway.yaml:4:14: log.level" in shown
    assert "Traceback" not in shown


def test_without_a_configuration_it_says_what_was_tried(tmp_path: Path) -> None:
    result = Site(tmp_path, 0).run("run")
    assert result.returncode == 2
    assert "tried config/gateway.yaml, gateway.yaml, /etc/cockpit-gateway/gateway.yaml" in result.stderr.decode()


def test_an_address_in_use_is_named_with_the_cure(house: Site) -> None:
    with socket.create_server(("127.0.0.1", house.port)):
        result = house.run("run")
    assert result.returncode == 1
    shown = result.stderr.decode().splitlines()[-1]
    assert f"cannot listen on 127.0.0.1:{house.port}: address already in use" in shown
    assert "change server.listen in gateway.yaml" in shown
    assert b"Traceback" not in result.stderr


def test_a_second_instance_on_the_store_ends_and_leaves_the_first_alone(house: Site) -> None:
    with house.daemon() as process:
        other = house.folder / "other.yaml"
        other.write_text(house.config.read_text().replace(str(house.port), "0"))
        result = house.run("run", "--config", other)
        assert result.returncode == 1
        assert f"pid {process.pid}" in result.stderr.decode()
        assert b"Traceback" not in result.stderr
        assert house.json("events", "list")["events"] == []
