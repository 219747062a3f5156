"""filter_event: change, drop, fail."""

from __future__ import annotations

from pathlib import Path

import gateways
import orjson
import pytest

from cockpit_gateway import Drop, Event, EventStatus, hookimpl
from cockpit_gateway.testing import captures

SAVE = captures.capture("collections.save.after").body


class Filter:
    """Filters by a function that a test gives."""

    def __init__(self, act: object) -> None:
        self.act = act

    @hookimpl
    def filter_event(self, event: Event) -> Event | None:
        result: Event | None = self.act(event)  # type: ignore[operator]
        return result


class Seen:
    """Keeps the events that reach handlers."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    @hookimpl
    async def any_event(self, event: Event) -> None:
        self.events.append(event)


@pytest.fixture
def seen() -> Seen:
    return Seen()


async def test_a_changed_event_is_what_is_stored_and_handled(tmp_path: Path, seen: Seen) -> None:
    plugins = {"filter": Filter(lambda event: event.with_args(["posts", {"title": "/x"}])), "seen": seen}
    async with gateways.running(tmp_path, plugins=plugins) as gateway:
        await gateways.post(gateway, SAVE)
        await gateways.eventually(lambda: seen.events)
        (event,) = await gateways.stored(gateway)
    expected = rb'{"event":"collections.save.after","hook":"all","backend":1,"args":["posts",{"title":"\/x"}]}'
    assert event.body == seen.events[0].body == expected


async def test_a_filter_that_returns_nothing_leaves_the_bytes_alone(tmp_path: Path) -> None:
    body = b'{ "event": "collections.remove.after", "args": ["posts",   1.0] }'
    async with gateways.running(tmp_path, plugins={"filter": Filter(lambda event: None)}) as gateway:
        await gateways.post(gateway, body)
        (event,) = await gateways.stored(gateway)
    assert event.body == body


async def test_a_dropped_event_leaves_a_tombstone_and_no_delivery(tmp_path: Path, seen: Seen) -> None:
    def drop(event: Event) -> None:
        raise Drop("drafts are nobody's business")

    async with gateways.running(tmp_path, plugins={"filter": Filter(drop), "seen": seen}) as gateway:
        receipt = orjson.loads((await gateways.post(gateway, SAVE)).body)
        (event,) = await gateways.stored(gateway)
    assert (event.id, event.status, event.args) == (receipt["id"], EventStatus.DROPPED, [])
    assert event.problem == "filter: drafts are nobody's business"
    assert b"Hello" not in event.body
    assert seen.events == []


async def test_a_failing_filter_withholds_the_arguments_and_keeps_the_event(tmp_path: Path, seen: Seen) -> None:
    def fail(event: Event) -> None:
        raise ValueError("boom")

    async with gateways.running(tmp_path, plugins={"filter": Filter(fail), "seen": seen}) as gateway:
        assert (await gateways.post(gateway, SAVE)).status == 202
        await gateways.eventually(lambda: seen.events)
        (event,) = await gateways.stored(gateway)
    assert (event.status, event.args, event.name) == (EventStatus.WITHHELD, [], "collections.save.after")
    assert event.subjects == ("collections/posts/4b58352f633661936d0001e3",)
    assert event.problem == "the filter of plugin filter failed: ValueError"
    assert b"Hello" not in event.body


@pytest.mark.parametrize("answer", [{"args": []}, ["posts"], "posts", True])
async def test_an_answer_that_is_no_event_withholds_the_arguments(tmp_path: Path, answer: object) -> None:
    async with gateways.running(tmp_path, plugins={"filter": Filter(lambda event: answer)}) as gateway:
        assert (await gateways.post(gateway, SAVE)).status == 202
        (event,) = await gateways.stored(gateway)
    assert (event.status, event.args) == (EventStatus.WITHHELD, [])


async def test_secrets_are_masked_before_anything_is_stored(tmp_path: Path) -> None:
    async with gateways.running(tmp_path) as gateway:
        await gateways.post(gateway, SAVE)
        (event,) = await gateways.stored(gateway)
        page = b"".join(path.read_bytes() for path in tmp_path.glob("gateway.db*"))
    assert event.args[1]["secret"] == "***"
    assert event.args[1]["title"] == "Hello"
    assert b"$2y$10$" not in page
