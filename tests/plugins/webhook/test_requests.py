"""What an endpoint receives: method, headers, signature and body."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

import pytest
from standardwebhooks import Webhook
from webhook_kit import BODY, DELIVERY_ID, Start, saved

from cockpit_gateway import Delivery, DeliveryState, Retry, __version__
from cockpit_gateway.testing import Answer, Receiver
from cockpit_gateway.testing.captures import Capture, all_captures, capture

OLD, NEW = (f"whsec_{base64.b64encode(bytes([number]) * 32).decode()}" for number in (1, 2))


async def test_request_looks_like_cockpits_own_with_the_standard_headers(
    start: Start, receiver: Receiver, endpoint: dict[str, Any]
) -> None:
    plugin = await start({"it": endpoint})

    response = await plugin.deliver()

    (request,) = receiver.requests
    assert (request.method, request.path, request.body) == ("POST", "/hook", BODY)
    assert list(request.headers.items()) == [
        ("Host", receiver.url.removeprefix("http://")),
        ("Accept", "*/*"),
        ("Accept-Encoding", "identity"),
        ("User-Agent", f"cockpit-gateway/{__version__}"),
        ("Content-Type", "application/json"),
        ("webhook-id", DELIVERY_ID),
        ("webhook-timestamp", str(int(plugin.context.clock.time()))),
        ("Content-Length", str(len(BODY))),
    ]
    assert (response.status, response.body, response.truncated) == (200, b"ok", False)


async def test_custom_headers_method_and_query_arrive(
    start: Start, receiver: Receiver, endpoint: dict[str, Any]
) -> None:
    widened = {
        "url": f"{receiver.url}/hook/a%2Fb?token=x%2By&z=%7E",
        "allow_private": True,
        "method": "PUT",
        "headers": {"X-Api-Key": "schlüssel", "User-Agent": "mine/1"},
        "bearer": "t0ken",
        "content_type": "application/vnd.cockpit+json; charset=utf-8",
    }
    plugin = await start({"it": endpoint | widened})

    await plugin.deliver()

    (request,) = receiver.requests
    assert request.method == "PUT"
    assert request.path.startswith("/hook/a%2Fb?token=x%2By")
    assert request.headers.get("X-Api-Key") == "schlüssel"
    assert request.headers.get("User-Agent") == "mine/1"
    assert request.headers.get("Authorization") == "Bearer t0ken"
    assert request.headers.get("Content-Type") == "application/vnd.cockpit+json; charset=utf-8"


async def test_basic_auth(start: Start, receiver: Receiver, endpoint: dict[str, Any]) -> None:
    plugin = await start({"it": endpoint | {"basic_auth": {"user": "ü", "password": "p:w"}}})

    await plugin.deliver()

    assert receiver.requests[0].headers.get("Authorization") == "Basic " + base64.b64encode("ü:p:w".encode()).decode()


async def test_signature_verifies_independently(start: Start, receiver: Receiver, endpoint: dict[str, Any]) -> None:
    plugin = await start({"it": endpoint | {"secret": OLD}})

    await plugin.deliver()

    (request,) = receiver.requests
    assert verified(request.headers, request.body, OLD) == json.loads(BODY)
    with pytest.raises(Exception, match="No matching signature"):
        verified(request.headers, request.body, NEW)
    with pytest.raises(Exception, match="No matching signature"):
        verified(request.headers, request.body + b" ", OLD)


async def test_every_secret_signs_while_receivers_change(
    start: Start, receiver: Receiver, endpoint: dict[str, Any]
) -> None:
    plugin = await start({"it": endpoint | {"secrets": [OLD, NEW]}})

    await plugin.deliver()

    (request,) = receiver.requests
    signatures = (request.headers.get("webhook-signature") or "").split(" ")
    assert [signature[:3] for signature in signatures] == ["v1,", "v1,"]
    for secret in (OLD, NEW):
        assert verified(request.headers, request.body, secret) == json.loads(BODY)


async def test_signature_of_a_large_body_verifies(start: Start, receiver: Receiver, endpoint: dict[str, Any]) -> None:
    plugin = await start({"it": endpoint | {"secret": OLD}})
    body = json.dumps({"event": "collections.save.after", "args": ["posts", {"text": "x" * 900_000}]}).encode()

    await plugin.deliver(saved(body))

    (request,) = receiver.requests
    assert verified(request.headers, request.body, OLD) == json.loads(body)


@pytest.mark.parametrize("captured", all_captures(), ids=lambda captured: captured.file)
async def test_cockpit_body_is_cockpits_bytes(
    start: Start, receiver: Receiver, endpoint: dict[str, Any], captured: Capture
) -> None:
    plugin = await start({"it": endpoint})

    await plugin.deliver(saved(captured.body))

    assert [request.body for request in receiver.requests] == [captured.body]


async def test_standard_body(start: Start, receiver: Receiver, endpoint: dict[str, Any]) -> None:
    plugin = await start({"it": endpoint | {"body": "standard"}})
    event = saved(name="collections.save.after.posts")

    await plugin.deliver(event)

    payload = json.loads(receiver.requests[0].body)
    assert payload == {
        "type": "collections.save.after",
        "timestamp": "2023-11-14T22:13:20.500Z",
        "data": {
            "id": event.id,
            "event": "collections.save.after.posts",
            "source": "website",
            "label": None,
            "hook": "all",
            "backend": 1,
            "subjects": [],
            "arguments": {"name": "posts", "entry": {"title": "Hü/"}, "is_update": False},
            "args": ["posts", {"title": "Hü/"}, False],
        },
    }
    assert datetime.fromisoformat(payload["timestamp"]).timestamp() == event.received_at


async def test_type_of_a_standard_body_keeps_to_the_characters_the_specification_allows(
    start: Start, receiver: Receiver, endpoint: dict[str, Any]
) -> None:
    plugin = await start({"it": endpoint | {"body": "standard"}})

    await plugin.deliver(saved(name="addon.we ird/näme"))

    payload = json.loads(receiver.requests[0].body)
    assert payload["type"] == "addon.we_ird_n_me"
    assert payload["data"]["event"] == "addon.we ird/näme"
    assert payload["data"]["arguments"] == {}


async def test_standard_body_of_an_entry_nested_as_deep_as_cockpit_sends(
    start: Start, receiver: Receiver, endpoint: dict[str, Any]
) -> None:
    body = capture("odd/deep-509").body
    plugin = await start({"it": endpoint | {"body": "standard"}})

    await plugin.deliver(saved(body))

    assert json.loads(receiver.requests[0].body)["data"]["args"] == json.loads(body)["args"]


async def test_template_body(start: Start, receiver: Receiver, endpoint: dict[str, Any]) -> None:
    template = '{"text": {{ (event.source ~ ": " ~ entry.title) | tojson }}}'
    plugin = await start({"it": endpoint | {"body": "template", "template": template}})

    await plugin.deliver()

    assert receiver.requests[0].body == '{"text": "website: Hü/"}'.encode()


async def test_template_that_fails_for_an_event_is_tried_again_and_says_why(
    start: Start, receiver: Receiver, endpoint: dict[str, Any]
) -> None:
    plugin = await start({"it": endpoint | {"body": "template", "template": "{{ entry.gone }}"}})

    with pytest.raises(Retry) as failed:
        await plugin.deliver()

    assert failed.value.reason == "the template failed: 'dict object' has no attribute 'gone'"
    assert receiver.requests == []


async def test_connections_are_kept_and_cookies_are_not(
    start: Start, receiver: Receiver, endpoint: dict[str, Any]
) -> None:
    receiver.usual = Answer(headers={"Set-Cookie": "a=b"})
    plugin = await start({"it": endpoint})

    for _ in range(3):
        await plugin.deliver()

    assert [request.headers.get("Cookie") for request in receiver.requests] == [None] * 3
    assert len({request.connection for request in receiver.requests}) == 1


def verified(headers: list[tuple[str, str]], body: bytes, secret: str) -> object:
    """Verify with the independent package."""
    return Webhook(secret).verify(body, dict(headers))


async def test_a_preview_is_what_is_sent_without_what_is_secret(
    start: Start, receiver: Receiver, endpoint: dict[str, Any]
) -> None:
    secret = {"url": f"{receiver.url}/hook?token=swordfish", "bearer": "swordfish", "headers": {"X-Key": "swordfish"}}
    plugin = await start({"it": endpoint | secret | {"secret": OLD}})
    delivery = Delivery(DELIVERY_ID, "e", 1, "webhook", "it", None, DeliveryState.RUNNING, 0, 0.0, 0.0)

    await plugin.deliver()
    shown = plugin.plugin.preview_delivery(delivery, [saved()], plugin.context)

    (request,) = receiver.requests
    sent = [(name, value) for name, value in request.headers.items() if name not in ("Host", "Content-Length")]
    masked = {"Authorization", "X-Key", "webhook-signature"}
    assert list(shown.headers) == [(name, "***" if name in masked else value) for name, value in sent]
    assert (shown.method, shown.url, shown.body) == ("POST", f"{receiver.url}/hook?token=***", request.body)
    assert "swordfish" not in repr(shown)
