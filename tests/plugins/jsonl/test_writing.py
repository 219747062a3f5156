"""What the plugin writes, and what waits for what: a context made by hand, a real file."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import gateways
import pytest
from webhook_kit import DELIVERY_ID, saved

from cockpit_gateway import Delivery, DeliveryState, Event, EventStatus, Retry
from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.testing import FakeClock, make_context
from cockpit_gateway_jsonl import JsonlPlugin

Write = Callable[..., Awaitable[None]]
"""Makes the attempt of some events."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


def writer(path: Path, **settings: Any) -> Write:
    catalogue = Catalogue()
    section = {"files": {"it": {"path": str(path), "events": ["collections.*"]} | settings}}
    plugin = JsonlPlugin()
    config = plugin.Config.model_validate(section, context={"catalogue": catalogue})
    plugin.register_targets(make_context("jsonl", config, clock=FakeClock(), catalogue=catalogue))
    plugin.gateway_started()

    async def write(*events: Event, delivery_id: str = DELIVERY_ID) -> None:
        delivery = Delivery(delivery_id, "e", 1, "jsonl", "it", None, DeliveryState.RUNNING, 0, 0.0, 0.0)
        await plugin.deliver(delivery, events)

    return write


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


async def test_a_line_has_all_of_an_event(path: Path) -> None:
    await writer(path)(saved())

    assert lines(path) == [
        {
            "delivery_id": DELIVERY_ID,
            "id": "0198c0de-0000-7000-8000-0000000000ee",
            "seq": 0,
            "name": "collections.save.after",
            "source": "website",
            "label": None,
            "hook": "all",
            "backend": 1,
            "subjects": [],
            "status": "accepted",
            "problem": None,
            "received_at": "2023-11-14T22:13:20.500Z",
            "args": ["posts", {"title": "Hü/"}, False],
        }
    ]


async def test_an_event_that_could_not_be_decoded_is_a_line_too(path: Path) -> None:
    await writer(path)(replace(saved(b"\xff\n{", ""), status=EventStatus.UNDECODABLE, problem="not JSON"))

    [line] = lines(path)
    assert (line["status"], line["problem"], line["args"], line["body"]) == ("undecodable", "not JSON", [], "\ufffd\n{")


async def test_those_of_a_burst_are_a_line_each(path: Path) -> None:
    await writer(path)(saved(), replace(saved(), id="second"))

    assert [line["id"] for line in lines(path)] == [saved().id, "second"]


async def test_nothing_that_an_event_holds_ends_a_line(path: Path) -> None:
    wild = "a\r\n\u2028\u2029\x85\0\x1f\x7f"
    await writer(path)(saved(json.dumps({"event": "e", "args": [wild]}).encode()))

    content = path.read_bytes()
    assert (content.count(b"\n"), json.loads(content)["args"]) == (1, [wild])


async def test_deep_arguments_are_written(path: Path) -> None:
    deep = "[" * 250 + "]" * 250
    await writer(path)(saved(f'{{"event":"e","args":[{deep}]}}'.encode()))

    assert json.dumps(lines(path)[0]["args"]) == f"[{deep}]"


class Disk:
    """Lets an fsync return when it is allowed; counts those that have begun."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
        path.write_text('{"delivery_id":"before"}\n')  # of a new file, the directory would be synced as well
        self.begun = 0
        self.allowed = threading.Semaphore(0)
        self._fsync = os.fsync
        monkeypatch.setattr(os, "fsync", self._wait)

    def _wait(self, descriptor: int) -> None:
        self.begun += 1
        assert self.allowed.acquire(timeout=gateways.PATIENCE)
        self._fsync(descriptor)


async def test_a_delivery_waits_for_the_disk_and_the_loop_does_not(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk, write = Disk(monkeypatch, path), writer(path)

    writing = asyncio.ensure_future(write(saved()))
    await gateways.eventually(lambda: disk.begun)

    assert not writing.done()
    disk.allowed.release(10)
    await writing


async def test_what_comes_in_during_a_write_is_written_together(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk, write = Disk(monkeypatch, path), writer(path)

    first = asyncio.ensure_future(write(saved(), delivery_id="first"))
    await gateways.eventually(lambda: disk.begun)
    others = [asyncio.ensure_future(write(saved(), delivery_id=str(number))) for number in range(50)]
    await asyncio.sleep(0)
    disk.allowed.release(10)
    await asyncio.gather(first, *others)

    assert disk.begun == 2
    assert [line["delivery_id"] for line in lines(path)] == ["before", "first", *map(str, range(50))]


async def test_what_is_cancelled_before_its_turn_is_not_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk, write = Disk(monkeypatch, path), writer(path)

    first = asyncio.ensure_future(write(saved(), delivery_id="first"))
    await gateways.eventually(lambda: disk.begun)
    late, last = (asyncio.ensure_future(write(saved(), delivery_id=name)) for name in ("late", "last"))
    await asyncio.sleep(0)
    late.cancel()
    disk.allowed.release(10)
    await asyncio.gather(first, last)

    assert late.cancelled()
    assert [line["delivery_id"] for line in lines(path)] == ["before", "first", "last"]


async def two_in_a_batch(disk: Disk, write: Write) -> tuple[asyncio.Task[None], asyncio.Task[None]]:
    """Return the attempt that writes for both, and the other one; the write has begun."""
    first = asyncio.create_task(write(saved(), delivery_id="first"))
    await gateways.eventually(lambda: disk.begun == 1)
    leading = asyncio.create_task(write(saved(), delivery_id="leading"))
    follower = asyncio.create_task(write(saved(), delivery_id="follower"))
    await asyncio.sleep(0)
    disk.allowed.release()
    await first
    await gateways.eventually(lambda: disk.begun == 2)
    return leading, follower


async def test_one_whose_time_is_up_does_not_harm_those_it_writes_for(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, write = Disk(monkeypatch, path), writer(path)
    leading, follower = await two_in_a_batch(disk, write)

    leading.cancel()
    await asyncio.sleep(0)
    disk.allowed.release()
    await follower

    assert leading.cancelled()
    assert [line["delivery_id"] for line in lines(path)] == ["before", "first", "leading", "follower"]


async def test_a_write_that_is_abandoned_counts_for_nobody(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk, write = Disk(monkeypatch, path), writer(path)
    leading, follower = await two_in_a_batch(disk, write)

    for _ in range(2):  # as a gateway that stops does: the first one waits for the thread
        leading.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    with pytest.raises(Retry, match="not finished"):
        await follower

    assert leading.cancelled()
    disk.allowed.release()


async def test_an_error_is_everybodys_and_names_the_file(path: Path) -> None:
    write = writer(path)
    path.mkdir()

    failures = await asyncio.gather(write(saved()), write(saved()), return_exceptions=True)

    assert [(type(failure), str(failure)) for failure in failures] == [(Retry, f"{path}: is a directory")] * 2


async def test_somebody_elses_file_is_an_error(path: Path) -> None:
    path.write_text("a letter")
    with pytest.raises(Retry, match="does not end with a line of this plugin's: move it away, or name another file"):
        await writer(path)(saved())


async def test_what_a_link_leads_to_is_put_aside(path: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    path.symlink_to(tmp_path / "real" / "file")
    write = writer(path, rotate={"size": 1, "compress": False})
    await write(saved())
    await write(saved())

    assert path.is_symlink()
    assert len(lines(path)) == 1
    assert len(list((tmp_path / "real").iterdir())) == 2


async def test_what_was_put_aside_is_compressed_in_the_background(path: Path, tmp_path: Path) -> None:
    write = writer(path, rotate={"size": 1, "keep": 2})
    for _ in range(5):
        await write(saved())

    await gateways.eventually(
        lambda: len(list(tmp_path.glob("audit.jsonl.*Z.gz"))) == len(list(tmp_path.iterdir())) - 1 == 2
    )


async def test_what_a_former_process_put_aside_is_compressed_at_the_start(path: Path, tmp_path: Path) -> None:
    (tmp_path / "audit.jsonl.20231115T000000.000000Z").write_bytes(b'{"delivery_id":"a"}\n')
    writer(path, rotate={})

    await gateways.eventually(lambda: [found.suffix for found in tmp_path.iterdir()] == [".gz"])
