"""Audit files in a whole gateway: from Cockpit's POST to the line, also when it is killed or its disk is full."""

from __future__ import annotations

import json
import resource
import signal
from pathlib import Path
from typing import Any

import commands
import gateways

from cockpit_gateway import DeliveryState
from cockpit_gateway.testing.captures import capture

SAVE = capture("collections.save.after").body
LIMIT = 64 * 1024 * 1024


def yaml(folder: Path, more: str = "") -> str:
    return f"""
sources: {{website: {{}}}}
plugins:
  jsonl:
    files:
      audit:
        path: {folder}/audit.jsonl
        events: [collections.*]
        retry: [0s, 50ms, 50ms, 50ms, 50ms, 50ms, 50ms, 50ms, 50ms, 50ms, 50ms, 50ms, 50ms, 50ms]
        {more}
"""


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "audit.jsonl").read_bytes().splitlines()]


async def test_events_are_lines(tmp_path: Path) -> None:
    async with gateways.running(tmp_path, yaml(tmp_path)) as gateway:
        for _ in range(20):
            assert (await gateways.post(gateway, SAVE)).status == 202
        delivered = await gateways.wait_for(gateway, DeliveryState.DELIVERED, 20)
        stored = {event.id: event for event in await gateways.stored(gateway)}
    written = lines(tmp_path)
    assert {line["delivery_id"]: line["id"] for line in written} == {found.id: found.event_id for found in delivered}
    assert all(stored[line["id"]].args == line["args"] for line in written)
    assert {line["seq"] for line in written} == {event.seq for event in stored.values()}


async def test_in_order_if_that_is_wanted(tmp_path: Path) -> None:
    async with gateways.running(tmp_path, yaml(tmp_path, "key: endpoint\n        ordered: true")) as gateway:
        for _ in range(20):
            await gateways.post(gateway, SAVE)
        await gateways.wait_for(gateway, DeliveryState.DELIVERED, 20)
    numbers = [line["seq"] for line in lines(tmp_path)]
    assert numbers == sorted(numbers)
    assert len(numbers) == 20


async def test_a_full_disk_is_waited_for(tmp_path: Path) -> None:
    before = b'{"delivery_id":"a"}\n'
    audit = tmp_path / "audit.jsonl"
    with audit.open("wb") as file:  # so long that there is no room for more, and the store has all it needs
        file.truncate(LIMIT - len(before))
        file.seek(0, 2)
        file.write(before)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT + 10, limit[1]))
    try:
        async with gateways.running(tmp_path, yaml(tmp_path)) as gateway:
            await gateways.post(gateway, SAVE)
            [pending] = await wait_for_failure(gateway)
            assert audit.stat().st_size == LIMIT
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)
            [delivered] = await gateways.wait_for(gateway, DeliveryState.DELIVERED)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, handler)
    assert pending == f"{audit}: file too large"
    with audit.open("rb") as file:
        file.seek(LIMIT)
        assert json.loads(file.read())["delivery_id"] == delivered.id


async def wait_for_failure(gateway: Any) -> list[str]:
    found: list[str] = []
    while not found:
        found = [delivery.reason for delivery in await gateways.deliveries(gateway) if delivery.reason]
    return found


def test_a_gateway_that_is_killed_loses_no_line_and_leaves_no_half(tmp_path: Path) -> None:
    site = commands.site(tmp_path, yaml(tmp_path))
    sent = ["send", *[commands.SAVE] * 40]
    for _ in range(3):
        with site.killed_daemon():
            assert site.run(*sent).returncode == 0  # and now it is in the middle of writing
    with (tmp_path / "audit.jsonl").open("ab") as file:
        file.write(b'{"delivery_id":"torn","args":["po')
    with site.daemon():
        site.ended_deliveries()
        deliveries = [found["id"] for found in site.deliveries("--limit", "1000")]
        commands.eventually(lambda: b"torn" not in (tmp_path / "audit.jsonl").read_bytes())
    assert len(deliveries) == 120
    assert len(deliveries) == 120
    assert {line["delivery_id"] for line in lines(tmp_path)} == set(deliveries)
    assert "in the middle of a line" in (tmp_path / "log").read_text()
