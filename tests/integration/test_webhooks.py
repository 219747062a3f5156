"""Webhooks through a whole gateway: posted as Cockpit does, stored, and received at the other end."""

from __future__ import annotations

import json
from pathlib import Path

import gateways
import pytest
from gateways import eventually, wait_for
from standardwebhooks import Webhook
from structlog.testing import capture_logs

from cockpit_gateway import DeliveryState, hookimpl
from cockpit_gateway.config import PluginConfig
from cockpit_gateway.deliveries import Hold, TargetId
from cockpit_gateway.errors import ConfigError
from cockpit_gateway.testing import Answer, Receiver, StartGateway
from cockpit_gateway.testing.captures import all_captures, capture
from cockpit_gateway.transports import NetworkSettings

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SAVED = capture("collections.save.after").body
RETRY = "retry: ['0s', '0s', '0s'], events: [collections.save.after]"


def endpoint(url: str, settings: str) -> str:
    """Return the YAML of a gateway with one endpoint."""
    return f"""
sources: {{website: {{}}}}
plugins:
  webhook:
    endpoints:
      it: {{url: '{url}', allow_private: true, {settings}}}
"""


async def test_captures_arrive_as_cockpit_sent_them_and_signed(tmp_path: Path) -> None:
    saves = [found.body for found in all_captures() if found.event == "collections.save.after" and found.state == "ok"]
    bodies = [body for body in saves if b"$2y$" not in body]  # a password's hash is redacted
    with Receiver() as receiver:
        yaml = endpoint(receiver.url, f"secret: {SECRET}, events: [collections.save.after]")
        async with gateways.running(tmp_path, yaml) as gateway:
            for body in bodies:
                assert (await gateways.post(gateway, body)).status == 202
            await wait_for(gateway, DeliveryState.DELIVERED, len(bodies))

    assert sorted(request.body for request in receiver.requests) == sorted(bodies)
    for request in receiver.requests:
        assert Webhook(SECRET).verify(request.body, dict(request.headers)) == json.loads(request.body)


async def test_receiver_that_fails_twice_gets_the_same_delivery_again(tmp_path: Path) -> None:
    with Receiver() as receiver:
        receiver.answers += [Answer(500), Answer(500)]
        async with gateways.running(tmp_path, endpoint(receiver.url, RETRY)) as gateway:
            await gateways.post(gateway, SAVED)
            (delivery,) = await wait_for(gateway, DeliveryState.DELIVERED)
            attempts = await gateway.store.attempts(delivery.id)

    assert {request.headers.get("webhook-id") for request in receiver.requests} == {delivery.id}
    assert [attempt.reason for attempt in attempts] == ["HTTP 500 Internal Server Error"] * 2 + [None]
    assert [attempt.response.status for attempt in attempts if attempt.response] == [500, 500, 200]


async def test_gone_disables_the_endpoint(tmp_path: Path) -> None:
    with Receiver() as receiver:
        receiver.usual = Answer(410)
        async with gateways.running(tmp_path, endpoint(receiver.url, RETRY)) as gateway:
            await gateways.post(gateway, SAVED)
            (delivery,) = await wait_for(gateway, DeliveryState.DEAD)
            await eventually(
                lambda: gateway.dispatcher.held(TargetId("webhook", "it")) == (Hold.DISABLED, "HTTP 410 Gone")
            )

    assert delivery.reason == "HTTP 410 Gone"


def test_an_endpoint_of_a_source_that_is_not_configured_is_a_mistake(tmp_path: Path) -> None:
    yaml = """
sources: {website: {}}
plugins:
  webhook:
    endpoints:
      search: {url: "http://127.0.0.1/", events: [collections.save.after], sources: [websit]}
"""
    with pytest.raises(ConfigError, match=r"there is no source 'websit', did you mean 'website'\?"):
        gateways.assemble(tmp_path, yaml)


class Own:
    class Config(PluginConfig):
        services: dict[str, NetworkSettings] = {}  # noqa: RUF012 - pydantic copies it

    @hookimpl
    def any_event(self) -> None: ...


async def test_certificates_that_are_not_verified_are_told_at_each_start_whoever_the_plugin_is(
    gateway_tester: StartGateway,
) -> None:
    endpoint = {"url": "https://example.org/", "events": ["collections.*"], "tls": {"verify": False}}
    plugins = {
        "webhook": {"endpoints": {"risky": endpoint, "sound": endpoint | {"tls": {"verify": True}}}},
        "smtp": {"server": {"host": "mail.example.org", "tls": {"verify": False}}},
        "own": {"services": {"search": {"tls": {"verify": False}}}},
    }
    with capture_logs() as logs:
        async with gateway_tester({"plugins": plugins}, plugins={"own": Own}):
            pass
    told = [line["setting"] for line in logs if line["event"].startswith("TLS certificates are not verified")]
    assert sorted(told) == [
        "plugins.own.services.search.tls.verify",
        "plugins.smtp.server.tls.verify",
        "plugins.webhook.endpoints.risky.tls.verify",
    ]
