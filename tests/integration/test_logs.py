from __future__ import annotations

import asyncio
import io
import json
import logging
import threading
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import gateways
import pytest
import structlog

from cockpit_gateway import DeliveryState, Event, PluginContext, hookimpl
from cockpit_gateway.gateway import Gateway
from cockpit_gateway.telemetry.logs import set_up_logging

SAVE = b'{"event": "collections.save.after", "args": ["posts", {"_id": "1"}, true]}'
IDS = ("request_id", "source", "event_id", "event", "delivery_id", "attempt", "plugin", "target")


Lines: TypeAlias = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Generator[Lines]:
    root = logging.getLogger()
    handlers, level, config = root.handlers, root.level, structlog.get_config()
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    set_up_logging("debug", "json")
    # Loggers that were cached would go on to log here, in other tests.
    structlog.configure(**(structlog.get_config() | {"cache_logger_on_first_use": False}))
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.handlers = handlers
    root.setLevel(level)
    structlog.configure(**config)


class Talking:
    """Logs wherever it can, by whatever there is, and leaves something behind."""

    @hookimpl
    def filter_event(self, event: Event) -> None:
        logging.getLogger("some.library").warning("filtering")
        structlog.contextvars.bind_contextvars(left_behind=event.id)

    @hookimpl
    def collections_save_after(self, context: PluginContext) -> None:
        assert threading.current_thread() is not threading.main_thread()
        logging.getLogger("some.library").warning("in a thread")
        context.log.warning("by the context")
        structlog.contextvars.bind_contextvars(left_behind="a thread's")

    @hookimpl
    async def any_event(self, event: Event) -> None:
        structlog.contextvars.bind_contextvars(left_behind=f"of {event.id}")
        await asyncio.sleep(0)
        logging.getLogger("some.library").warning("on the loop")
        await asyncio.create_task(_further())


async def _further() -> None:
    logging.getLogger("some.library").warning("in a task of its own")


async def post(gateway: Gateway, headers: Mapping[str, str] | None = None) -> gateways.Answer:
    answer = await gateways.post(gateway, SAVE, headers=headers)
    assert answer.status == 202
    return answer


def shown(line: Mapping[str, Any]) -> dict[str, Any]:
    return {name: line[name] for name in IDS if name in line}


async def test_every_line_tells_what_it_is_about(tmp_path: Path, lines: Lines) -> None:
    async with gateways.running(tmp_path, plugins={"talking": Talking()}) as gateway:
        answer = await post(gateway, {"X-Request-ID": "from-the-proxy"})
        delivered = await gateways.wait_for(gateway, DeliveryState.DELIVERED, 2)
        (event,) = await gateways.stored(gateway)
    assert answer.headers["x-request-id"] == "from-the-proxy"
    about_event = {"source": "website", "event_id": event.id, "event": "collections.save.after", "plugin": "talking"}
    ids = {delivery.target: delivery.id for delivery in delivered}
    records = lines()
    by_message = {record["message"]: record for record in records}
    assert shown(by_message["filtering"]) == {**about_event, "request_id": "from-the-proxy"}
    for message, target in (
        ("in a thread", "collections_save_after"),
        ("by the context", "collections_save_after"),
        ("on the loop", "any_event"),
        ("in a task of its own", "any_event"),
    ):
        about = {**about_event, "delivery_id": ids[target], "attempt": 1, "target": target}
        assert shown(by_message[message]) == about, message
    assert all(record["timestamp"].endswith("Z") and record["logger"] and record["level"] for record in records)


async def test_nothing_leaks_into_what_comes_next(tmp_path: Path, lines: Lines) -> None:
    async with gateways.running(tmp_path, plugins={"talking": Talking()}) as gateway:
        reader, writer = await gateways.connect(gateway)
        head = f"POST /cockpit/website HTTP/1.1\r\nHost: x\r\nContent-Length: {len(SAVE)}\r\n"
        for more in ("X-Request-ID: first\r\n", ""):
            writer.write(head.encode() + more.encode() + b"\r\n" + SAVE)
            assert (await gateways.read_answer(reader)).status == 202
        writer.close()
        await gateways.wait_for(gateway, DeliveryState.DELIVERED, 4)
        first, second = await gateways.stored(gateway)
    records = lines()
    filtering = [record for record in records if record["message"] == "filtering"]
    assert [record["event_id"] for record in filtering] == [first.id, second.id]
    assert filtering[0]["request_id"] == "first"
    assert filtering[1]["request_id"] != "first"
    said = [record for record in records if record["logger"] == "some.library"]
    assert not [record for record in said if record["message"] == "filtering" and "left_behind" in record]
    assert not [record for record in said if "delivery_id" in record and "request_id" in record]
    on_the_loop = [record for record in said if record["message"] == "on the loop"]
    assert [record["left_behind"] for record in on_the_loop] == [f"of {record['event_id']}" for record in on_the_loop]
    assert not [record for record in said if record["message"] == "in a thread" and "left_behind" in record]
