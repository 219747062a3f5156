"""Replays and cancellations from the command line: shown, asked, done and told."""

from __future__ import annotations

import json
import os
import pty
import subprocess

import commands
from commands import PATIENCE, SAVE, Site, environment, eventually, on_terminal

from cockpit_gateway.testing import Answer, Receiver
from cockpit_gateway.testing.captures import FOLDER as CAPTURES

FORM = CAPTURES / "forms.save.after.json"


def test_dead_letters_are_listed_shown_and_replayed_by_filter(house: Site, receiver: Receiver) -> None:
    receiver.answers += [Answer(500)] * 3
    with house.daemon():
        house.text("send", SAVE, FORM, SAVE)
        eventually(lambda: len(house.deliveries("--state", "dead")) == 3)
        listed = house.json("dead-letters", "list", "--name", "forms.save.after")["deliveries"]
        shown = house.text("dead-letters", "show", listed[0]["id"])
        dry = house.text("dead-letters", "replay", "--since", "1h", "--dry-run")
        refused = house.run("dead-letters", "replay", "--since", "1h")
        assert len(house.deliveries("--state", "dead")) == 3
        done = house.text("dead-letters", "replay", "--name", "forms.save.after", "--yes")
        eventually(lambda: len(house.deliveries("--state", "delivered")) == 1)
        document = house.json("dead-letters", "replay", "--endpoint", "search-index", "--yes")
        eventually(lambda: len(house.deliveries("--state", "delivered")) == 3)
    assert len(listed) == 1
    assert "HTTP 500" in shown
    assert dry.splitlines()[1].split()[:3] == ["search-index", "dead", "3"]
    assert dry.splitlines()[-1] == "Nothing was changed."
    assert refused.returncode == 2
    assert b"--yes" in refused.stderr
    assert done.splitlines()[-1] == "Replayed 1 delivery."
    assert document["changed"] == 2


def test_events_are_replayed_to_an_endpoint(house: Site, receiver: Receiver) -> None:
    with house.daemon():
        house.text("send", SAVE, FORM)
        house.ended_deliveries()
        text = house.text("events", "replay", "--since", "1h", "--endpoint", "search-index", "--yes")
        eventually(lambda: len(receiver.requests) == 4)
    assert text.splitlines()[1].split()[:3] == ["search-index", "2", "2"]
    assert text.splitlines()[-1] == "Made 2 deliveries of 2 events."


def test_a_backlog_is_cancelled_without_a_daemon(house: Site, receiver: Receiver) -> None:
    receiver.answers.append(Answer(410))
    with house.daemon():
        house.text("send", SAVE)
        house.ended_deliveries()
        house.text("send", SAVE)
    done = house.text("deliveries", "cancel", "--endpoint", "search-index", "--yes")
    assert done.splitlines()[-1] == "Cancelled 1 delivery."
    [cancelled] = house.deliveries("--state", "cancelled")
    assert cancelled["reason"] == "cancelled by a person"


def test_a_terminal_is_asked_and_shows_progress(house: Site, receiver: Receiver) -> None:
    receiver.answers.append(Answer(500))
    with house.daemon():
        house.text("send", SAVE)
        eventually(lambda: house.deliveries("--state", "dead"))
        declined = answered(house, b"n\n", "dead-letters", "replay")
        assert house.deliveries("--state", "dead")
        agreed = answered(house, b"y\n", "dead-letters", "replay")
        eventually(lambda: house.deliveries("--state", "delivered"))
        shown = on_terminal(house, "events", "replay", "--yes")
    assert "Replay 1 delivery? [y/N]" in declined
    assert "Nothing was changed." in declined
    assert "100%" in agreed
    assert "Replayed 1 delivery." in agreed
    assert "100%" in shown


def test_a_usage_mistake_says_what_was_meant(house: Site) -> None:
    with house.daemon():
        result = house.run("deliveries", "replay", "--since", "yesterday")
        only_json = house.run("deliveries", "replay", "--json")
    assert result.returncode == 2
    assert b"like 2h" in result.stderr
    assert json.loads(only_json.stdout) == {"found": [], "changed": 0, "skipped": 0}


def answered(site: Site, answer: bytes, *arguments: str) -> str:
    """Run a command on a terminal, where its question gets an answer; returns what it has shown."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [commands.COMMAND, *arguments],
        cwd=site.folder,
        env=environment({"TERM": "xterm-256color", "COLUMNS": "120"}),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = bytearray()
    try:
        while b"[y/N]" not in shown:
            shown += os.read(ours, 65536)
        os.write(ours, answer)
        while True:
            shown += os.read(ours, 65536)
    except OSError:  # Linux says so when the other side is closed
        assert process.wait(PATIENCE) == 0, shown
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    return shown.decode()
