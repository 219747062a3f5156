"""`cockpit-gateway store`, as its users see it, with and without a daemon."""

from __future__ import annotations

import json
import os
import shlex
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from commands import SAVE, Site, eventually, on_terminal
from documents import Page

from cockpit_gateway.testing import Answer, Receiver
from cockpit_gateway.testing.captures import FOLDER as CAPTURES

SUBJECT = "collections/posts"


@pytest.fixture
def backup(house: Site) -> Path:
    """Return where a backup of the house is to be."""
    return house.folder / "backups" / "monday.db"


def filled(house: Site, receiver: Receiver, *, pending: bool = False) -> None:
    """Send two events: one about a post, one about a form."""
    receiver.answers.extend([Answer(500)] * 2 if pending else [])
    house.text("send", SAVE, CAPTURES / "forms.submit.after.json")


def test_a_backup_while_the_daemon_runs(house: Site, receiver: Receiver, backup: Path) -> None:
    backup.parent.mkdir()
    with house.daemon():
        filled(house, receiver)
        house.ended_deliveries()
        told = house.text("store", "backup", backup)
        assert house.json("store", "check")["rows"]["events"] == 2
        again = house.run("store", "backup", backup)
        not_now = house.run("store", "restore", backup)
    assert f"to {backup}: {backup.stat().st_size:,} bytes." in told
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert (again.returncode, b"exists already" in again.stderr) == (1, True)
    assert (not_now.returncode, b"stop it" in not_now.stderr) == (1, True)


def test_a_restored_backup_sends_nothing_unless_it_is_told_to(house: Site, receiver: Receiver, backup: Path) -> None:
    backup.parent.mkdir()
    house.config.write_text(house.config.read_text().replace("retry: [0s]", "retry: [0s, 1h]"))
    with house.daemon():
        filled(house, receiver, pending=True)
        eventually(lambda: all(found["attempts"] for found in house.deliveries("--state", "pending")))
        house.text("store", "backup", backup)
    receiver.answers.clear()
    sent = len(receiver.requests)

    told = house.text("store", "restore", backup)
    assert "2 deliveries, is cancelled" in told
    with house.daemon():
        assert [found["reason"][:8] for found in house.deliveries("--state", "cancelled")] == ["not sent"] * 2
        house.text("send", SAVE)
        eventually(lambda: house.deliveries("--state", "delivered"))
    assert len(receiver.requests) == sent + 1
    assert "the store is a restored backup" in (house.folder / "log").read_text()

    found = house.json("store", "restore", backup, "--resend")
    assert (found["unfinished"], (house.folder / found["aside"]).exists()) == (2, True)
    with house.daemon():
        house.text("deliveries", "replay", "--state", "pending", "--yes")
        eventually(lambda: len(house.deliveries("--state", "delivered")) == 2)
    assert len(receiver.requests) == sent + 3


def test_check_tells_what_is_there_and_what_is_wrong(house: Site, receiver: Receiver) -> None:
    with house.daemon():
        filled(house, receiver)
        house.ended_deliveries()
        assert house.text("store", "check").endswith("Sound.\n")
    found = house.json("store", "check")
    assert (found["rows"], found["problems"]) == ({"events": 2, "deliveries": 2, "attempts": 2}, [])
    with closing(sqlite3.connect(house.folder / "gateway.db", isolation_level=None)) as connection:
        connection.execute("DELETE FROM bodies")
    damaged = house.run("store", "check")
    assert damaged.returncode == 1
    assert b"The store is damaged: " in damaged.stdout
    assert json.loads(house.run("store", "check", "--json").stdout)["problems"]


def test_a_damaged_store_is_recognised_at_the_start(house: Site, receiver: Receiver) -> None:
    with house.daemon():
        filled(house, receiver)
    store = house.folder / "gateway.db"
    os.truncate(store, store.stat().st_size - 8192)
    result = house.run("run")
    assert result.returncode == 1
    assert b"damaged or cut short: put a backup in its place with `cockpit-gateway store restore`" in result.stderr
    store.write_text("# notes\n" * 999)
    result = house.run("run")
    assert b"not a database; name another file under `store`" in result.stderr


@pytest.mark.parametrize("running", [True, False])
def test_an_export_has_everything(house: Site, receiver: Receiver, running: bool) -> None:
    with house.daemon():
        filled(house, receiver)
        house.ended_deliveries()
        if running:
            exported = house.text("store", "export")
    if not running:
        exported = house.text("store", "export")
    events = [json.loads(line) for line in exported.splitlines()]
    assert [event["name"] for event in events] == ["collections.save.after", "forms.submit.after"]
    shown = house.here("events", "show", events[0]["id"])
    [delivery] = events[0]["deliveries"]
    assert delivery.pop("history")[0]["outcome"] == "delivered"
    assert events[0] == shown


def test_an_export_has_events_of_any_size(house: Site) -> None:
    large = house.folder / "large.json"
    large.write_text(json.dumps({"event": "collections.save.after", "args": ["posts", {"text": "x" * 3_000_000}]}))
    with house.daemon():
        house.text("send", large)
        [event] = map(json.loads, house.text("store", "export").splitlines())
    assert len(event["args"][1]["text"]) == 3_000_000


def test_an_export_to_a_file(house: Site, receiver: Receiver) -> None:
    with house.daemon():
        filled(house, receiver)
        target = house.folder / "posts.jsonl"
        result = house.run("store", "export", target, "--subject", SUBJECT)
        again = house.run("store", "export", target)
    assert (result.returncode, result.stdout) == (0, b"")
    assert b"Wrote 1 event to " in result.stderr
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert len(target.read_text().splitlines()) == 1
    assert (again.returncode, b"exists already" in again.stderr) == (1, True)


@pytest.mark.parametrize("running", [True, False])
def test_a_purge_leaves_nothing_of_it(house: Site, receiver: Receiver, running: bool) -> None:
    with house.daemon():
        filled(house, receiver)
        house.ended_deliveries()
        [post] = house.here("events", "list", "--subject", SUBJECT)["events"]
        needle = house.here("events", "show", post["id"])["args"][1]["_id"].encode()
        assert needle in everything_in(house)
        if running:
            told = house.text("store", "purge", "--subject", SUBJECT, "--yes")
            left = everything_in(house)
    if not running:
        told = house.text("store", "purge", "--subject", SUBJECT, "--yes")
        left = everything_in(house)
    assert told == "Found 1 event with 1 delivery.\nPurged 1 event.\n"
    assert needle not in left
    assert [event["name"] for event in house.here("events", "list")["events"]] == ["forms.submit.after"]


def everything_in(house: Site) -> bytes:
    return b"".join(path.read_bytes() for path in house.folder.glob("gateway.db*"))


def test_a_purge_asks_and_never_takes_everything(house: Site, receiver: Receiver) -> None:
    with house.daemon():
        filled(house, receiver)
        house.ended_deliveries()
        unnamed = house.run("store", "purge", "--yes")
        unasked = house.run("store", "purge", "--subject", SUBJECT)
        looked = house.json("store", "purge", "--subject", SUBJECT, "--dry-run")
        nothing = house.text("store", "purge", "--subject", "collections/nothing", "--yes")
        assert len(house.here("events", "list")["events"]) == 2
    assert (unnamed.returncode, unasked.returncode) == (2, 2)
    assert b"--subject" in unnamed.stderr
    assert looked["found"] == {"events": 1, "deliveries": 1, "pending": 0, "running": 0}
    assert looked["purged"] == {"events": 0, "skipped": 0}
    assert nothing == "There is nothing to purge: no event is like that.\n"


def test_a_mistake_elsewhere_in_the_configuration_does_not_matter(house: Site, receiver: Receiver) -> None:
    with house.daemon():
        filled(house, receiver)
    house.config.write_text(house.config.read_text() + "\nplugns: {}\n")
    assert house.json("store", "check")["rows"]["events"] == 2
    house.text("store", "backup", house.folder / "copy.db")


def test_on_a_terminal(house: Site, receiver: Receiver) -> None:
    with house.daemon():
        filled(house, receiver)
        house.ended_deliveries()
        assert "Sound." in on_terminal(house, "store", "check")
        assert "Copied " in on_terminal(house, "store", "backup", str(house.folder / "copy.db"))
        assert "Purged 1 event." in on_terminal(house, "store", "purge", "--subject", SUBJECT, "--yes")
        assert "forms.submit.after" in on_terminal(house, "store", "export")


def test_the_commands_of_its_page_run(house: Site, receiver: Receiver) -> None:
    lines = [line for line in Page(Path("docs/how-to/keep-the-store.md")).commands() if "cockpit-gateway" in line]
    (house.folder / "backups").mkdir()
    first_stopped = next(number for number, line in enumerate(lines) if " restore " in line)
    with house.daemon():
        filled(house, receiver)
        house.ended_deliveries()
        for line in lines[:first_stopped]:
            typed(house, line)
    typed(house, lines[first_stopped])
    with house.daemon():
        for line in lines[first_stopped + 1 :]:
            typed(house, line)
    assert (house.folder / "events.jsonl").read_text().count("\n") == 2
    assert len(lines) == 8


def typed(house: Site, line: str) -> None:
    """Run a command of the page, with a place for the backup, and without being asked."""
    program, *arguments = shlex.split(line.replace("/var/backups", str(house.folder / "backups")))
    assert program == "cockpit-gateway"
    answers = ["--yes"] if {"purge", "replay"} & {*arguments} else []
    result = house.run(*arguments, *answers)
    assert result.returncode == 0, (line, result)
