"""Every recorded request, posted raw, against the table in docs/reference/receiving.md."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import gateways
import orjson
import pytest
from gateways import Answer

from cockpit_gateway.gateway import Gateway
from cockpit_gateway.testing import captures
from cockpit_gateway.testing.captures import Capture

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "receiving.md"
ROW = re.compile(r"^\| `(?P<capture>[^`]+)` \| (?P<answer>\w+) \| (?P<fate>[\w, ]+) \|$", re.MULTILINE)
DOCUMENTED = {row["capture"]: (row["answer"], row["fate"]) for row in ROW.finditer(PAGE.read_text())}


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with gateways.running(tmp_path) as running:
        yield running


def as_recorded(capture: Capture) -> bytes:
    """Return the request's bytes: headers in wire order with duplicates; header text is one character per byte."""
    lines = ["POST /cockpit/website/recorded HTTP/1.1", *(f"{name}: {value}" for name, value in capture.headers)]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + capture.body


async def post_as_recorded(gateway: Gateway, capture: Capture) -> Answer:
    reader, writer = await gateways.connect(gateway)
    try:
        head, _, body = as_recorded(capture).partition(b"\r\n\r\n")
        writer.write(head + b"\r\n\r\n")
        if any(name == "Expect" for name, _ in capture.headers):
            assert (await gateways.read_answer(reader)).status == 100
        writer.write(body)
        if capture.state == "incomplete-body":
            writer.write_eof()
        return await gateways.read_answer(reader)
    finally:
        writer.close()
        await writer.wait_closed()


async def what_became_of_it(gateway: Gateway, answer: Answer) -> tuple[str, str]:
    events = await gateways.stored(gateway)
    if answer.status == 0:
        return "nothing", "stored" if events else "nothing stored"
    if answer.status != 202:
        return str(answer.status), "stored" if events else "refused"
    receipt = orjson.loads(answer.body)
    if "ignored" in receipt:
        return "202", "stored" if events else "ignored"
    (event,) = events
    assert receipt["id"] == event.id
    return "202", "stored" if event.status == "accepted" else f"stored, {event.status}"


def test_the_table_names_every_capture_and_no_other() -> None:
    assert set(DOCUMENTED) == {capture.file for capture in captures.all_captures()}


@pytest.mark.parametrize("capture", captures.all_captures(), ids=lambda capture: capture.file)
async def test_a_recorded_request_is_answered_as_the_table_says(gateway: Gateway, capture: Capture) -> None:
    answer = await post_as_recorded(gateway, capture)
    assert await what_became_of_it(gateway, answer) == DOCUMENTED[capture.file]
    if answer.status not in {0, 202}:
        problem = orjson.loads(answer.body)
        assert answer.headers["content-type"] == "application/problem+json"
        assert problem["status"] == answer.status


async def test_stored_bodies_are_cockpits_own_bytes(gateway: Gateway) -> None:
    capture = captures.capture("collections.remove.after")
    await post_as_recorded(gateway, capture)
    (event,) = await gateways.stored(gateway)
    assert event.body == capture.body
    assert (event.source, event.label, event.hook, event.backend) == ("website", "recorded", "all", 1)
