"""An event's way through the installed gateway, and what a stop at any instant does to it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import commands
import pytest
from commands import PATIENCE, Site, environment, eventually, site

from cockpit_gateway.testing import Misbehaviour, Receiver
from cockpit_gateway.testing.captures import Capture, capture

SAVED = capture("collections.remove.after")


@pytest.fixture
def house(tmp_path: Path, receiver: Receiver) -> Site:
    """Return a site with one endpoint, which waits long before it tries again."""
    return site(
        tmp_path,
        f"""
sources: {{website: {{}}}}
plugins:
  webhook:
    endpoints:
      search-index:
        {{url: "{receiver.url}", allow_private: true, events: ["collections.*"], timeout: 60s, retry: [0s, 1h]}}
""",
    )


@contextmanager
def started(house: Site) -> Iterator[subprocess.Popen[bytes]]:
    """Run the daemon, however it ends."""
    with (house.folder / "log").open("ab") as log:
        process = subprocess.Popen([commands.COMMAND, "run"], cwd=house.folder, env=environment(), stderr=log)
    try:
        eventually(lambda: process.poll() is not None or ready(house))
        yield process
    finally:
        process.kill()
        process.wait(PATIENCE)


def ready(house: Site) -> bool:
    try:
        with urllib.request.urlopen(f"{house.url}/readyz", timeout=PATIENCE) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def post(house: Site, recorded: Capture) -> bytes:
    """Send a recorded request as it was; returns the answer."""
    lines = ["POST /cockpit/website HTTP/1.1", *(f"{name}: {value}" for name, value in recorded.headers)]
    with socket.create_connection(("127.0.0.1", house.port), PATIENCE) as connection:
        connection.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1") + recorded.body)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_the_first_start_needs_nothing_but_a_configuration(house: Site) -> None:
    with house.daemon():
        assert ready(house)
        [line] = house.logged()
        assert (line["message"], line["address"]) == ("ready", house.url)
        assert (house.folder / "gateway.db").stat().st_mode & 0o777 == 0o600
        assert (house.folder / "gateway.sock").stat().st_mode & 0o777 == 0o600


def test_what_cockpit_posts_arrives_byte_for_byte(house: Site, receiver: Receiver) -> None:
    with house.daemon():
        answer = post(house, SAVED)
        eventually(lambda: receiver.requests)
    assert answer.startswith(b"HTTP/1.1 202 ")
    assert [request.body for request in receiver.requests] == [SAVED.body]


def test_a_stop_gives_back_an_attempt_that_hangs_and_the_next_start_delivers_it(
    house: Site, receiver: Receiver
) -> None:
    receiver.usual = Misbehaviour.HANG
    with house.daemon() as process:
        post(house, SAVED)
        eventually(lambda: receiver.requests)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    assert [delivery["state"] for delivery in house.deliveries()] == ["pending"]
    receiver.release()
    with house.daemon():
        eventually(lambda: len(receiver.requests) == 2)
        eventually(lambda: house.deliveries()[0]["state"] == "delivered")
    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == house.deliveries()[0]["id"]
    assert first.body == second.body == SAVED.body


def test_a_second_sigterm_ends_at_once(house: Site, receiver: Receiver) -> None:
    patient = house.config.read_text().replace("grace: 2s", "grace: 1h")
    house.config.write_text(patient)
    receiver.usual = Misbehaviour.HANG
    with started(house) as process:
        post(house, SAVED)
        eventually(lambda: receiver.requests)
        process.send_signal(signal.SIGTERM)
        eventually(lambda: "stopping" in (house.folder / "log").read_text())
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 130


def test_what_was_acknowledged_survives_a_kill(house: Site, receiver: Receiver) -> None:
    receiver.usual = Misbehaviour.HANG
    with started(house) as process:
        answers = [post(house, SAVED) for _ in range(30)]
        process.kill()
        process.wait(PATIENCE)
    assert all(answer.startswith(b"HTTP/1.1 202 ") for answer in answers)
    acknowledged = {json.loads(answer.rpartition(b"\r\n\r\n")[2])["id"] for answer in answers}
    receiver.release()
    with house.daemon():
        eventually(lambda: all(delivery["state"] == "delivered" for delivery in house.deliveries()))
        ended = house.deliveries()
    assert {delivery["event"] for delivery in ended} == acknowledged
    assert {arrival.headers["webhook-id"] for arrival in receiver.requests} == {delivery["id"] for delivery in ended}


def test_a_second_gateway_on_the_store_says_who_has_it(house: Site) -> None:
    with house.daemon() as process:
        other = house.folder / "other.yaml"
        other.write_text(house.config.read_text().replace(str(house.port), str(commands.free_port())))
        refused = house.run("run", "--config", other)
        assert refused.returncode == 1
        assert f"another process (pid {process.pid}) owns the store" in refused.stderr.decode()
        assert ready(house)
