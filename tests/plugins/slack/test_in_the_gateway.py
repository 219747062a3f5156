"""Messages through a whole gateway: from Cockpit's POST to the chat, with the queue in between."""

from __future__ import annotations

import json
from pathlib import Path

import gateways
import pytest

from cockpit_gateway import DeliveryState
from cockpit_gateway.testing import Answer, Receiver
from cockpit_gateway.testing.captures import capture

SECRET = "T0001/B0002/s3cr3tT0k3n"
YAML = """
sources: {{website: {{}}}}
plugins:
  slack:
    channels:
      editors:
        url: {url}/services/{secret}
        allow_private: true
        events: [collections.save.after]
        when: name == "posts"
        template: "*{{{{ entry.title }}}}* in {{{{ name }}}}"
        retry: [0s, 0s]
        rate: 1000/s
"""


def everything(directory: Path) -> bytes:
    """Return all that the store wrote."""
    return b"".join(path.read_bytes() for path in directory.iterdir() if path.is_file())


async def test_an_event_is_posted_and_tried_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Receiver() as chat:
        chat.answers += [Answer(500)]
        async with gateways.running(tmp_path, YAML.format(url=chat.url, secret=SECRET)) as gateway:
            for name in ("collections.save.after", "collections.remove.after"):
                assert (await gateways.post(gateway, capture(name).body)).status == 202
            [delivery] = await gateways.wait_for(gateway, DeliveryState.DELIVERED)
            attempts = await gateway.store.attempts(delivery.id)
    title = json.loads(capture("collections.save.after").body)["args"][1]["title"]
    assert str(delivery.target_id) == "slack:editors"
    assert [attempt.reason for attempt in attempts] == ["HTTP 500 Internal Server Error: ok", None]
    assert [json.loads(arrived.body) for arrived in chat.requests] == [{"text": f"*{title}* in posts"}] * 2
    assert SECRET.encode() not in everything(tmp_path)
    shown = capsys.readouterr()
    assert SECRET not in shown.out + shown.err


async def test_a_webhook_that_is_gone_makes_a_dead_letter_without_its_url(tmp_path: Path) -> None:
    with Receiver() as chat:
        chat.usual = Answer(404, body=f"no hook at /services/{SECRET}".encode())
        async with gateways.running(tmp_path, YAML.format(url=chat.url, secret=SECRET)) as gateway:
            await gateways.post(gateway, capture("collections.save.after").body)
            [delivery] = await gateways.wait_for(gateway, DeliveryState.DEAD)
            [attempt] = await gateway.store.attempts(delivery.id)
    assert attempt.reason == "HTTP 404 Not Found"
    assert attempt.response is not None
    assert attempt.response.body == b"no hook at ***"
    assert SECRET.encode() not in everything(tmp_path)
