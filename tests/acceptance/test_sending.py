"""`cockpit-gateway send` to a running gateway."""

from __future__ import annotations

import socket
import threading

import pytest
from commands import SAVE, TOKEN, Site, eventually, terminal

from cockpit_gateway.testing import Receiver
from cockpit_gateway.testing.captures import FOLDER as CAPTURES


def test_recorded_and_written_events_are_sent_and_found(house: Site, receiver: Receiver) -> None:
    with house.daemon():
        shown = house.text("send", SAVE, "--label", "saves").splitlines()
        written = house.json("send", "--event", "forms.save.after", "--args", '["contact", {"data": "é/"}]')
        found = house.json("events", "list")["events"]
        house.ended_deliveries()
    assert shown[0].split() == ["SENT", "STATUS", "EVENT", "NOTE"]
    assert shown[1].split() == [str(SAVE), "202", found[1]["id"]]
    assert written["answers"][0]["event"] == found[0]["id"]
    assert [(event["name"], event["source"], event["label"]) for event in found] == [
        ("forms.save.after", "website", None),
        ("collections.save.after", "website", "saves"),
    ]
    assert (
        rb'{"event":"forms.save.after","hook":"cockpit-gateway send","backend":1,'
        rb'"args":["contact",{"data":"\u00e9\/"}]}'
    ) in [request.body for request in receiver.requests]


def test_folders_standard_input_and_repetitions_are_sent(house: Site) -> None:
    folder = house.folder / "recorded" / "deeper"
    folder.mkdir(parents=True)
    (folder / "save.json").write_bytes(SAVE.read_bytes())
    with house.daemon():
        sent = house.json("send", "recorded", "--repeat", "3")["answers"]
        piped = house.run("send", "-", stdin=b'{"event":"forms.save.after","args":[]}')
        found = house.json("events", "list")["events"]
    assert [answer["sent"] for answer in sent] == ["recorded/deeper/save.json"] * 3
    assert piped.returncode == 0
    assert [event["name"] for event in found] == ["forms.save.after", *["collections.save.after"] * 3]


def test_a_gateway_behind_a_unix_socket_is_reached(house: Site) -> None:
    tcp = f"'127.0.0.1:{house.port}'"
    house.config.write_text(house.config.read_text().replace(tcp, "'unix:http.sock'"))
    with terminal(house, "run") as (_, shown):
        eventually(lambda: "cockpit-gateway check" in shown())
        assert "your web server, which passes on to unix:http.sock:/cockpit/website" in shown()
        house.text("send", SAVE)
        assert len(house.here("events", "list")["events"]) == 1


def test_what_is_refused_is_explained_and_ends_with_one(house: Site) -> None:
    with house.daemon():
        wrong = house.run("send", SAVE, "--token", "wrong")
        looping = house.run("send", CAPTURES / "cockpit.webhook.json")
        ignored = house.run("send", CAPTURES / "cockpit.bootstrap.json")
        by_url = house.run("send", SAVE, "--url", f"{house.url}/cockpit/website", "--token", TOKEN, "--json")
    assert wrong.returncode == 1
    assert b"401" in wrong.stdout
    assert b"needs one of its tokens" in wrong.stdout
    assert looping.returncode == 1
    assert b"feeds on itself" in looping.stdout
    assert ignored.returncode == 0
    assert b"ignored: nobody asks for cockpit.bootstrap" in ignored.stdout
    assert by_url.returncode == 0


def test_nobody_listening_is_said_in_one_sentence(house: Site) -> None:
    result = house.run("send", SAVE)
    assert (result.returncode, result.stdout) == (1, b"")
    assert f"nobody listens at {house.url}/cockpit/website".encode() in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [[], ["--event", "error", "file.json"], ["--event", "error", "--args", "{}"], ["--event", "error", "--args", "["]],
)
def test_what_cannot_be_meant_is_a_mistake_of_usage(house: Site, arguments: list[str]) -> None:
    result = house.run("send", *arguments)
    assert result.returncode == 2
    assert b"Traceback" not in result.stderr


def test_a_missing_file_is_named(house: Site) -> None:
    result = house.run("send", "nowhere.json")
    assert result.returncode == 1
    assert b"nowhere.json" in result.stderr
    assert b"Traceback" not in result.stderr


def test_what_was_sent_is_shown_even_if_the_gateway_then_goes_away(house: Site) -> None:
    listener = socket.create_server(("127.0.0.1", house.port))

    def answer_once() -> None:
        connection, _ = listener.accept()
        listener.close()
        with connection:
            connection.recv(65536)
            connection.sendall(b'HTTP/1.1 202 Accepted\r\nContent-Length: 15\r\n\r\n{"id": "first"}')

    thread = threading.Thread(target=answer_once)
    thread.start()
    result = house.run("send", SAVE, "--repeat", "3")
    thread.join()
    assert result.returncode == 1
    assert [line.split()[1:] for line in result.stdout.decode().splitlines()[1:]] == [["202", "first"]]
    assert b"nobody listens" in result.stderr
