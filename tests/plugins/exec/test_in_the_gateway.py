"""Commands in a whole gateway: from Cockpit's POST to the process, and what is left of it when the gateway stops."""

from __future__ import annotations

import json
from pathlib import Path

import commands
import gateways
from exec_kit import gone, noting, pids

from cockpit_gateway import DeliveryState
from cockpit_gateway.testing.captures import capture

SAVE = capture("collections.save.after").body


def yaml(argv: list[str], more: str = "") -> str:
    written = json.dumps(argv).replace("$", "$$")  # in the configuration, $$ is a dollar sign
    return f"""
sources: {{website: {{}}}}
plugins:
  exec:
    commands:
      build:
        argv: {written}
        events: [collections.save.after]
        retry: [0s, 0s]
        {more}
"""


async def test_an_event_is_handed_over_and_tried_again(tmp_path: Path) -> None:
    script = f'cat >>{tmp_path}/arrived; echo attempt $COCKPIT_ATTEMPT; test "$COCKPIT_ATTEMPT" = 2'
    async with gateways.running(tmp_path, yaml(["sh", "-c", script])) as gateway:
        assert (await gateways.post(gateway, SAVE)).status == 202
        [delivery] = await gateways.wait_for(gateway, DeliveryState.DELIVERED)
        attempts = await gateway.store.attempts(delivery.id)
        [event] = await gateways.stored(gateway)
    assert str(delivery.target_id) == "exec:build"
    assert [attempt.reason for attempt in attempts] == ["exit code 1", None]
    assert [attempt.response and attempt.response.body for attempt in attempts] == [b"attempt 1\n", b"attempt 2\n"]
    assert (tmp_path / "arrived").read_bytes() == event.body * 2


async def test_a_rejected_event_is_a_dead_letter(tmp_path: Path) -> None:
    async with gateways.running(tmp_path, yaml(["sh", "-c", "exit 65"])) as gateway:
        await gateways.post(gateway, SAVE)
        [delivery] = await gateways.wait_for(gateway, DeliveryState.DEAD)
    assert (delivery.reason, delivery.attempts) == ("exit code 65", 1)


async def test_a_command_that_hangs_is_ended_with_its_group(tmp_path: Path) -> None:
    async with gateways.running(tmp_path, yaml(noting(tmp_path / "note", "wait"), "timeout: 1s")) as gateway:
        await gateways.post(gateway, SAVE)
        [delivery] = await gateways.wait_for(gateway, DeliveryState.DEAD)
        attempts = await gateway.store.attempts(delivery.id)
        await gateways.eventually(lambda: all(gone(pid) for pid in pids(tmp_path / "note", 2)))
    assert [attempt.reason for attempt in attempts] == ["not finished within 1 s"] * 2


async def test_a_gateway_that_stops_leaves_no_process(tmp_path: Path) -> None:
    note = tmp_path / "note"
    async with gateways.running(tmp_path, yaml(noting(note, "wait", "trap '' TERM"), "timeout: 60s")) as gateway:
        await gateways.post(gateway, SAVE)
        await gateways.eventually(lambda: pids(note, 2))
    await gateways.eventually(lambda: all(gone(pid) for pid in pids(note, 2)))


def test_a_daemon_that_stops_leaves_no_process_and_tries_again(tmp_path: Path) -> None:
    note, mark = tmp_path / "note", tmp_path / "mark"
    site = commands.site(tmp_path, yaml(noting(note, f"test -e {mark} || wait"), "timeout: 60s"))
    with site.daemon():
        site.run("send", commands.SAVE)
        commands.eventually(lambda: pids(note, 2))
    commands.eventually(lambda: all(gone(pid) for pid in pids(note, 2)))
    mark.touch()
    with site.daemon():
        [delivery] = site.ended_deliveries()
    assert (delivery["state"], delivery["attempts"]) == (DeliveryState.DELIVERED, 1)


def test_after_a_crash_the_command_is_run_again_with_the_same_id(tmp_path: Path) -> None:
    note, mark = tmp_path / "note", tmp_path / "mark"
    script = f"echo $COCKPIT_DELIVERY_ID >>{note}; while ! test -e {mark}; do sleep 0.05; done"
    site = commands.site(tmp_path, yaml(["sh", "-c", script], "timeout: 60s"))
    with site.killed_daemon():
        site.run("send", commands.SAVE)
        commands.eventually(lambda: note.exists() and note.read_text().endswith("\n"))
    mark.touch()
    with site.daemon():
        [delivery] = site.ended_deliveries()
    assert (delivery["state"], note.read_text().split()) == (DeliveryState.DELIVERED, [delivery["id"]] * 2)
