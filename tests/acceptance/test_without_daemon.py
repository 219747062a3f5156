"""The same commands when no gateway runs, or none answers."""

from __future__ import annotations

import asyncio
import fcntl
import json
import signal
import socket
import subprocess
import threading
from collections.abc import AsyncIterator
from contextlib import suppress

import commands
import pytest
from commands import PATIENCE, SAVE, TOKEN, Site, environment, eventually

from cockpit_gateway.cli.client import connect
from cockpit_gateway.testing import Answer, Receiver
from cockpit_gateway.testing.captures import FOLDER as CAPTURES


def test_answers_are_the_same_with_and_without_a_daemon(house: Site, receiver: Receiver) -> None:
    receiver.answers.append(Answer(410))
    questions = [
        ("events", "list"),
        ("deliveries", "list"),
        ("endpoints", "list"),
        ("plugins", "list"),
    ]
    with house.daemon():
        house.text("send", SAVE, CAPTURES / "odd" / "deep-509.json", CAPTURES / "odd" / "empty-body-inf.json")
        eventually(lambda: house.deliveries("--state", "dead"))
        questions += [("events", "show", event["id"]) for event in house.here("events", "list")["events"]]
        questions += [("deliveries", "show", delivery["id"]) for delivery in house.deliveries()]
        while_running = [house.here(*question) for question in questions]
    assert [house.here(*question) for question in questions] == while_running
    assert len(questions) == 10


def test_a_replay_without_a_daemon_is_delivered_once_there_is_one(house: Site, receiver: Receiver) -> None:
    receiver.answers.append(Answer(500))
    with house.daemon():
        house.text("send", SAVE)
        [dead] = house.ended_deliveries()
    received = len(receiver.requests)
    house.text("dead-letters", "replay", dead["id"], "--yes")
    [pending] = house.deliveries()
    assert pending["state"] == "pending"
    assert len(receiver.requests) == received
    with house.daemon():
        eventually(lambda: house.deliveries("--state", "delivered"))
    assert len(receiver.requests) == received + 1


def test_no_store_is_made_by_looking_for_one(house: Site) -> None:
    result = house.run("events", "list")
    assert result.returncode == 1
    assert f"there is no store at {house.folder}/gateway.db".encode() in result.stderr
    assert sorted(path.name for path in house.folder.iterdir()) == ["gateway.yaml"]


def test_a_store_whose_owner_does_not_answer_is_an_error(house: Site) -> None:
    with house.daemon():
        pass
    with (house.folder / "gateway.db.lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = house.run("events", "list")
    assert result.returncode == 1
    [sentence] = result.stderr.decode().splitlines()
    assert "another process" in sentence
    assert "does not answer on" in sentence


def test_commands_that_overlap_wait_for_each_other(house: Site) -> None:
    with house.daemon():
        pass
    processes = [
        subprocess.Popen(
            [commands.COMMAND, "events", "list"], cwd=house.folder, env=environment(), stdout=subprocess.PIPE
        )
        for _ in range(3)
    ]
    outputs = [process.communicate(timeout=PATIENCE)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert len(set(outputs)) == 1


def test_a_shell_without_the_daemons_environment_finds_the_daemon(house: Site) -> None:
    house.config.write_text(house.config.read_text().replace(f"${{WEBSITE_TOKEN:-{TOKEN}}}", "${WEBSITE_TOKEN}"))
    with house.daemon(env={"WEBSITE_TOKEN": TOKEN}):
        assert house.json("events", "list")["events"] == []
    result = house.run("events", "list")
    assert result.returncode == 2
    assert b"WEBSITE_TOKEN is not set" in result.stderr


def test_a_socket_that_cannot_be_reached_is_named_and_keeps_nobody_from_looking(house: Site) -> None:
    socket = f"{house.config}/gateway.sock"
    house.config.write_text(house.config.read_text().replace("server: {", f"server: {{admin_socket: '{socket}', "))
    listed = house.run("events", "list")
    assert listed.returncode == 1
    assert listed.stderr.decode() == f"the gateway's socket {socket} cannot be reached: not a directory\n"
    assert "search-index" in house.text("config", "show")
    findings = json.loads(house.run("doctor", "--offline", "--json").stdout)["findings"]
    [gateway] = [finding for finding in findings if finding["about"] == "gateway"]
    assert (gateway["health"], socket in gateway["what"]) == ("fail", True)


@pytest.mark.parametrize("asking", ["restart", "store export"])
def test_a_gateway_that_stops_while_it_is_asked_is_an_error(house: Site, asking: str) -> None:
    def hang_up() -> None:
        with suppress(OSError):  # the end of the test
            while True:
                listening.accept()[0].close()

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(house.folder / "gateway.sock"))
        listening.listen()
        hanging_up = threading.Thread(target=hang_up)
        hanging_up.start()
        result = house.run(*asking.split())
        listening.shutdown(socket.SHUT_RDWR)
        hanging_up.join()
    assert result.returncode == 1
    assert result.stderr.decode().splitlines() == ["the gateway stopped before it answered; its log says why"]


@pytest.mark.parametrize("comes", ["while a line is read", "while Python begins to run the event loop"])
def test_an_interrupt_ends_the_reading_of_lines(house: Site, comes: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def read(lines: AsyncIterator[bytes]) -> None:
        async for _ in lines:
            if comes == "while a line is read":
                signal.raise_signal(signal.SIGINT)
            else:  # which Python's Runner forgets, and takes for a task that somebody cancelled
                raise asyncio.CancelledError

    monkeypatch.chdir(house.folder)
    with house.daemon():
        house.text("send", SAVE)
        with connect(house.folder / "gateway.yaml") as client, pytest.raises(KeyboardInterrupt):
            client.read(read, "events", "export")
