"""Whatever bytes arrive: each is answered in good order, or its connection closed, and nothing accepted is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import gateways
import orjson
import pytest
import wire
from fuzzing import examples
from gateways import Answer
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from cockpit_gateway.events import EventStatus
from cockpit_gateway.gateway import Gateway
from cockpit_gateway.testing import Receiver
from cockpit_gateway.testing.captures import capture

SILENCE = 0.1
"""Seconds without an answer after which a request that is not whole is given up."""

SAVE = capture("collections.save.after").body
YAML = """
sources: {{website: {{}}, guarded: {{tokens: [a-token]}}}}
plugins:
  webhook:
    endpoints:
      search:
        {{url: '{url}', allow_private: true, events: ['*'], ordered: true, key: "event.collection ~ '/' ~ event.name"}}
      site:
        {{url: '{url}', allow_private: true, events: ['*'], body: standard, when: "event.subjects or event.hook"}}
      build:
        {{url: '{url}', allow_private: true, events: ['*'], key: endpoint, coalesce: {{wait: 1h, max_wait: 1h}}}}
"""


@pytest.fixture
async def gateway(tmp_path: Path, receiver: Receiver) -> AsyncIterator[Gateway]:
    async with gateways.running(tmp_path, YAML.format(url=receiver.url)) as running:
        yield running


@examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(connections=st.lists(wire.connections(), min_size=8, max_size=16))
async def test_whatever_arrives(
    gateway: Gateway, caplog: pytest.LogCaptureFixture, connections: list[wire.Connection]
) -> None:
    caplog.clear()
    with capture_logs() as logged:
        exchanges = await asyncio.gather(*(exchange(gateway, connection) for connection in connections))
        assert (await gateways.post(gateway, SAVE)).status == 202
    answers = [answer for exchanged in exchanges for answer in exchanged]
    for answer in answers:
        check(answer)
    await check_stored(gateway, answers)
    assert [entry for entry in logged if entry["log_level"] in {"error", "critical"} or entry.get("exc_info")] == []
    assert caplog.records == []


async def exchange(gateway: Gateway, connection: wire.Connection) -> list[Answer]:
    """Send what a connection sends; return the answers, at least one for each request that is whole."""
    reader, writer = await gateways.connect(gateway)
    received, patience = b"", SILENCE
    try:
        for piece in connection.pieces:
            writer.write(piece)
            await asyncio.sleep(0.001)
        while True:
            patience = SILENCE if len(parsed(received)) >= connection.whole else gateways.PATIENCE
            chunk = await asyncio.wait_for(reader.read(1 << 20), patience)
            if not chunk:
                break
            received += chunk
    except TimeoutError:
        assert patience == SILENCE, f"a whole request was not answered: {connection}"
    except ConnectionError:
        pass
    finally:
        writer.close()
    return parsed(received)


def parsed(received: bytes) -> list[Answer]:
    """Return the answers that are complete."""
    answers: list[Answer] = []
    while b"\r\n\r\n" in received:
        head, _, rest = received.partition(b"\r\n\r\n")
        line, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)}
        length = int(headers.get("content-length", "0"))
        if len(rest) < length:
            break
        answers.append(Answer(int(line.split()[1]), headers, rest[:length]))
        received = rest[length:]
    return answers


def check(answer: Answer) -> None:
    assert answer.status < 500, answer
    if answer.status >= 300:
        problem = orjson.loads(answer.body)
        assert (answer.headers["content-type"], problem["status"]) == ("application/problem+json", answer.status)


async def check_stored(gateway: Gateway, answers: list[Answer]) -> None:
    """Every event that was promised is there, each once."""
    receipts = [orjson.loads(answer.body) for answer in answers if answer.status == 202]
    promised = [receipt["id"] for receipt in receipts if receipt["id"] is not None and "duplicate" not in receipt]
    assert len(promised) == len(set(promised))
    for event_id in promised:
        event = await gateway.store.event(event_id)
        assert event.name or event.status is EventStatus.UNDECODABLE
