"""Deeply nested bodies: what Cockpit can send works everywhere, what is deeper is kept and fails nowhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import gateways
import pytest

from cockpit_gateway import DeliveryState, Event, hookimpl
from cockpit_gateway.gateway import Gateway
from cockpit_gateway.testing import Receiver

DEEPEST = 512
YAML = """
sources: {{website: {{}}}}
plugins:
  redact: {{rules: [{{events: ['*'], paths: ['**.password']}}]}}
  webhook:
    endpoints:
      bytes: {{url: '{url}', allow_private: true, events: [collections.save.after]}}
      standard: {{url: '{url}', allow_private: true, events: [collections.save.after], body: standard}}
      template:
        {{url: '{url}', allow_private: true, events: [collections.*], body: template,
         template: '{{{{ entry | tojson }}}}'}}
      chosen:
        {{url: '{url}', allow_private: true, events: [collections.*], when: entry == entry and entry | string}}
"""


class Rewriting:
    """Writes every event anew that could be decoded."""

    @hookimpl
    def filter_event(self, event: Event) -> Event | None:
        return event.with_args([*event.args]) if event.name else None


def nested(levels: int, opening: str = '{"a":', closing: str = "}") -> bytes:
    """Return the envelope of a saved entry with so many levels in all."""
    inner = levels - 2
    entry = opening * inner + '"secret"' + closing * inner
    return f'{{"event":"collections.save.after","args":["posts",{entry},false]}}'.encode()


@pytest.fixture
async def gateway(tmp_path: Path, receiver: Receiver) -> AsyncIterator[Gateway]:
    plugins = {"rewriting": Rewriting()}
    async with gateways.running(tmp_path, YAML.format(url=receiver.url), plugins) as running:
        yield running


@pytest.mark.parametrize(("opening", "closing"), [('{"a":', "}"), ("[", "]"), ('{"password":"x","a":', "}")])
async def test_what_cockpit_can_send_is_filtered_rendered_and_delivered(
    gateway: Gateway, opening: str, closing: str
) -> None:
    assert (await gateways.post(gateway, nested(DEEPEST, opening, closing))).status == 202
    (event,) = await gateways.stored(gateway)
    assert (event.status, event.problem) == ("accepted", None)
    assert b"[" in event.body
    await gateways.wait_for(gateway, DeliveryState.DELIVERED, 4)


@pytest.mark.parametrize("levels", [DEEPEST + 1, 1000, 1023, 1024, 1025, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [('{"a":', "}"), ("[", "]"), ('[1,{"a":[],"b":', ',"c":2}]')])
async def test_of_what_is_deeper_the_arguments_are_withheld(
    gateway: Gateway, levels: int, opening: str, closing: str
) -> None:
    body = nested(levels, opening, closing)
    assert (await gateways.post(gateway, body)).status == 202
    (event,) = await gateways.stored(gateway)
    assert event.args == []
    if "nested deeper" in (event.problem or ""):
        assert (event.status, event.name, event.body.count(b"[")) == ("withheld", "collections.save.after", 1)
    else:  # the parser has a limit of its own
        assert (event.status, event.body) == ("undecodable", body)


async def test_what_is_no_envelope_has_no_arguments(gateway: Gateway) -> None:
    body = b'{"args":' + b"[" * 1000 + b"]" * 1000 + b"}"
    assert (await gateways.post(gateway, body)).status == 202
    (event,) = await gateways.stored(gateway)
    assert (event.status, event.args) == ("undecodable", [])


@pytest.mark.parametrize(("levels", "status"), [(5, "accepted"), (6, "withheld")])
async def test_the_bound_can_be_lower(tmp_path: Path, levels: int, status: str) -> None:
    async with gateways.running(tmp_path, server="max_depth: 5") as gateway:
        await gateways.post(gateway, nested(levels))
        (event,) = await gateways.stored(gateway)
        assert event.status == status


async def test_many_brackets_are_not_many_levels(gateway: Gateway) -> None:
    body = b'{"event":"collections.save.after","args":["posts",{"a":[' + b"[]," * 5000 + b'[]],"t":"[[{{"},false]}'
    await gateways.post(gateway, body)
    (event,) = await gateways.stored(gateway)
    assert event.status == "accepted"


@pytest.mark.parametrize("values", [b"[],", b"1,", b'{"a":0},'])
async def test_of_what_is_made_of_brackets_the_arguments_are_withheld(gateway: Gateway, values: bytes) -> None:
    body = b'{"event":"collections.save.after","args":["posts",[' + values * 1_000_000 + b"0]]}"
    assert (await gateways.post(gateway, body)).status == 202
    (event,) = await gateways.stored(gateway)
    assert (event.status, event.name, event.args) == ("withheld", "collections.save.after", [])
    assert "more than 1,000,000 values" in (event.problem or "")
    assert len(event.body) < 200


async def test_a_large_text_is_no_bomb(gateway: Gateway) -> None:
    text = "Text, as people write it. " * 400_000
    body = b'{"event":"collections.save.after","args":["posts",{"text":"' + text.encode() + b'"},false]}'
    assert (await gateways.post(gateway, body)).status == 202
    (event,) = await gateways.stored(gateway)
    assert (event.status, event.problem) == ("accepted", None)
    assert event.args[1] == {"text": text}
