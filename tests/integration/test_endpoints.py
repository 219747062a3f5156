"""Endpoints that are made while the gateway runs: in force when the call returns, sealed, and never in the way."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from cockpit_gateway.deliveries import DeliveryState, Hold, TargetId
from cockpit_gateway.errors import ConflictError, InvalidDocumentError, NotFoundError
from cockpit_gateway.testing import GatewayTester, Receiver

SECRET = "whsec_" + base64.b64encode(b"thirty-two-bytes-that-are-secret").decode()
YAML = """
sources: {website: {}}
plugins:
  webhook:
    endpoints:
      builds: {url: "https://builds.example.org/x?key=swordfish", events: [collections.save.after], active: false,
        secret: %s}
"""


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[GatewayTester]:
    async with GatewayTester(tmp_path, YAML % SECRET) as found:
        yield found


def document(receiver: Receiver, **changes: Any) -> dict[str, Any]:
    given = {"url": receiver.url, "allow_private": True, "events": ["collections.save.after"]}
    return given | changes


def again(tmp_path: Path, yaml: str = YAML % SECRET) -> GatewayTester:
    return GatewayTester(tmp_path, yaml)


async def test_a_new_endpoint_gets_the_next_event(gateway: GatewayTester, receiver: Receiver) -> None:
    endpoints = gateway.gateway.administration.endpoints
    made, secret = await endpoints.create("search", document(receiver))
    assert (made.origin, made.name, secret) == ("store", "search", None)
    await gateway.fire("collections.save.after")
    [delivery] = [found for found in await gateway.settled() if found.target == "search"]
    assert delivery.state is DeliveryState.DELIVERED
    assert len(receiver.requests) == 1


async def test_the_next_attempt_goes_to_the_url_that_was_changed(gateway: GatewayTester, receiver: Receiver) -> None:
    endpoints = gateway.gateway.administration.endpoints
    made, _ = await endpoints.create("search", document(receiver, url="http://127.0.0.1:1/", retry=["0s", "1h"]))
    await gateway.fire("collections.save.after")
    await gateway.settled()
    await endpoints.patch("search", {"url": receiver.url}, expected=made.version)
    await gateway.let_pass(2 * 3600)
    assert len(receiver.requests) == 1


async def test_a_deleted_endpoint_is_held_and_goes_on_when_it_is_back(
    gateway: GatewayTester, receiver: Receiver
) -> None:
    endpoints, target = gateway.gateway.administration.endpoints, TargetId("webhook", "search")
    await endpoints.create("search", document(receiver, active=False))
    await endpoints.patch("search", {"active": True, "url": "http://127.0.0.1:1/", "retry": ["0s", "10s", "10s"]})
    await gateway.fire("collections.save.after")
    await gateway.settled()
    await endpoints.delete("search")
    await gateway.let_pass(3600)
    report = await gateway.gateway.administration.target(target)
    assert (report.state, report.pending, report.target) == (Hold.NO_TARGET, 1, None)
    await endpoints.create("search", document(receiver))
    [delivery] = [found for found in await gateway.settled() if found.target == "search"]
    assert delivery.state is DeliveryState.DELIVERED


async def test_secrets_are_shown_once(gateway: GatewayTester, receiver: Receiver) -> None:
    endpoints = gateway.gateway.administration.endpoints
    given = document(receiver, url=f"{receiver.url}/?key=swordfish", headers={"X-Key": "sesame"})
    made, secret = await endpoints.create("search", given, new_secret=True)
    assert secret is not None
    assert secret.startswith("whsec_")
    shown = endpoints.get("search").document
    assert (shown["secret"], shown["headers"], shown["url"]) == (
        "***",
        {"X-Key": "***"},
        f"{receiver.url}/?***",
    )
    assert made.document == shown


async def test_what_is_hidden_stays_as_it_is(gateway: GatewayTester, receiver: Receiver) -> None:
    endpoints = gateway.gateway.administration.endpoints
    given = document(receiver, url=f"{receiver.url}/?key=swordfish", headers={"X-Key": "sesame"}, bearer="open")
    await endpoints.create("search", given)
    shown = endpoints.get("search").document
    await endpoints.change("search", shown | {"timeout": "3s", "headers": {"X-Key": "***", "X-New": "new"}})
    await gateway.fire("collections.save.after")
    await gateway.settled()
    [request] = receiver.requests
    assert request.path == "/?key=swordfish"
    assert (request.headers["X-Key"], request.headers["X-New"]) == ("sesame", "new")
    assert request.headers["Authorization"] == "Bearer open"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"bearer": "***"}, "bearer"),
        ({"url": "https://elsewhere.example.org/?***"}, "url"),
        ({"headers": {"X-Other": "***"}}, "headers.X-Other"),
        ({"secrets": ["***", "***"]}, "secrets[0]"),
    ],
)
async def test_what_was_never_there_cannot_be_kept(
    gateway: GatewayTester, receiver: Receiver, change: dict[str, Any], path: str
) -> None:
    endpoints = gateway.gateway.administration.endpoints
    await endpoints.create("search", document(receiver, secrets=[SECRET]))
    with pytest.raises(InvalidDocumentError) as refused:
        await endpoints.patch("search", change)
    assert path in {mistake.path for mistake in refused.value.mistakes}


async def test_every_mistake_is_told_with_its_place(gateway: GatewayTester, receiver: Receiver) -> None:
    endpoints = gateway.gateway.administration.endpoints
    wrong = document(receiver, topics=[], timeout="long", basic_auth={"user": "me"}, sources=["nobody"], bearer=7)
    with pytest.raises(InvalidDocumentError) as refused:
        await endpoints.create("search", wrong)
    assert {path for path, _ in refused.value.mistakes} == {
        "topics",
        "timeout",
        "basic_auth",
        "sources[0]",
        "bearer",
    }
    with pytest.raises(NotFoundError):
        endpoints.get("search")
    assert await gateway.gateway.store.endpoints() == []


async def test_a_secret_in_a_mistake_is_not_told(gateway: GatewayTester, receiver: Receiver) -> None:
    endpoints = gateway.gateway.administration.endpoints
    with pytest.raises(InvalidDocumentError) as refused:
        await endpoints.create("search", document(receiver, secret="swordfish", url="ftp://me:swordfish@x"))
    assert "swordfish" not in str(refused.value)


async def test_variables_mean_nothing(
    gateway: GatewayTester, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_KEY", "swordfish")
    endpoints = gateway.gateway.administration.endpoints
    await endpoints.create("search", document(receiver, headers={"X-Key": "${GATEWAY_KEY}$$"}))
    await gateway.fire("collections.save.after")
    await gateway.settled()
    assert receiver.requests[0].headers["X-Key"] == "${GATEWAY_KEY}$$"


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "ä"])
async def test_a_name_is_one_of_an_endpoint(gateway: GatewayTester, receiver: Receiver, name: str) -> None:
    with pytest.raises(InvalidDocumentError, match="an endpoint's name has up to 64 letters"):
        await gateway.gateway.administration.endpoints.create(name, document(receiver))


async def test_endpoints_of_the_file_are_shown_and_changed_there(gateway: GatewayTester, receiver: Receiver) -> None:
    endpoints = gateway.gateway.administration.endpoints
    [found] = await endpoints.all()
    assert (found.name, found.origin, found.place, found.version) == ("builds", "file", "test.yaml:6", None)
    assert (found.document["secret"], found.document["url"]) == ("***", "https://builds.example.org/x?***")
    with pytest.raises(ConflictError, match=r"stands in the configuration file: change it there, at test\.yaml:6"):
        await endpoints.patch("builds", {"active": True})
    with pytest.raises(ConflictError, match="there is an endpoint 'builds' in the configuration file already"):
        await endpoints.create("builds", document(receiver))


async def test_whoever_changes_one_has_seen_it(gateway: GatewayTester, receiver: Receiver) -> None:
    endpoints = gateway.gateway.administration.endpoints
    made, _ = await endpoints.create("search", document(receiver))
    await endpoints.patch("search", {"timeout": "3s"}, expected=made.version)
    for change in (
        endpoints.patch("search", {"timeout": "4s"}, expected=made.version),
        endpoints.delete("search", expected=made.version),
        endpoints.create("search", document(receiver)),
    ):
        with pytest.raises(ConflictError):
            await change
    assert endpoints.get("search").document["timeout"] == "3s"


async def test_a_rotated_secret_signs_beside_the_old_one(gateway: GatewayTester, receiver: Receiver) -> None:
    endpoints = gateway.gateway.administration.endpoints
    await endpoints.create("search", document(receiver), new_secret=True)
    _, secret = await endpoints.rotate_secret("search", grace=3600)
    assert secret is not None
    await gateway.fire("collections.save.after")
    await gateway.settled()
    await gateway.let_pass(3601)
    await gateway.fire("collections.save.after")
    await gateway.settled()
    signatures = [len(request.headers["webhook-signature"].split()) for request in receiver.requests]
    assert signatures == [2, 1]


async def test_they_take_part_after_the_next_start(tmp_path: Path, receiver: Receiver) -> None:
    async with again(tmp_path) as gateway:
        await gateway.gateway.administration.endpoints.create("search", document(receiver, bearer="swordfish"))
    for file in tmp_path.glob("gateway.db*"):
        assert b"swordfish" not in file.read_bytes()
    async with again(tmp_path) as gateway:
        await gateway.fire("collections.save.after")
        assert [delivery.state for delivery in await gateway.settled()] == [DeliveryState.DELIVERED]


async def test_one_that_does_not_fit_any_more_is_held_and_shown(tmp_path: Path, receiver: Receiver) -> None:
    async with again(tmp_path, "sources: {website: {}, shop: {}}") as gateway:
        endpoints = gateway.gateway.administration.endpoints
        await endpoints.create("search", document(receiver, sources=["shop"]))
        await endpoints.create("builds", document(receiver))
    async with again(tmp_path) as gateway:
        endpoints = gateway.gateway.administration.endpoints
        [builds, other, search] = await endpoints.all()
        assert [builds.origin, other.origin, search.name] == ["file", "store", "search"]
        assert [mistake.path for mistake in search.mistakes] == ["sources[0]"]
        assert "the configuration file has an endpoint of this name" in other.mistakes[0].message
        hold = gateway.gateway.dispatcher.held(TargetId("webhook", "search"))
        assert hold == (Hold.NO_TARGET, "sources[0]: there is no source 'shop'")
        await endpoints.patch("search", {"sources": []})
        await gateway.fire("collections.save.after")
        assert [delivery.target for delivery in await gateway.settled()] == ["search"]


async def test_without_the_key_they_are_held_and_the_gateway_runs(tmp_path: Path, receiver: Receiver) -> None:
    async with again(tmp_path) as gateway:
        await gateway.gateway.administration.endpoints.create("search", document(receiver))
    (tmp_path / "gateway.key").unlink()
    async with again(tmp_path) as gateway:
        found = gateway.gateway.administration.endpoints.get("search")
        assert "gateway.key is missing: put back the key" in found.mistakes[0].message
        [report] = [one for one in await gateway.gateway.administration.targets() if one.target_id == found.target_id]
        assert report.state == Hold.NO_TARGET
        assert "gateway.key is missing" in (report.reason or "")
        await gateway.gateway.administration.endpoints.delete("search")
        assert found.target_id not in [one.target_id for one in await gateway.gateway.administration.targets()]
        await gateway.fire("collections.save.after")


async def test_where_no_plugin_takes_endpoints(tmp_path: Path, receiver: Receiver) -> None:
    async with again(tmp_path) as gateway:
        await gateway.gateway.administration.endpoints.create("search", document(receiver))
    async with again(tmp_path, "sources: {website: {}}\ndisabled_plugins: [webhook]") as gateway:
        endpoints = gateway.gateway.administration.endpoints
        assert await endpoints.all() == []
        with pytest.raises(ConflictError, match="no plugin that is loaded takes endpoints"):
            await endpoints.create("other", document(receiver))


async def test_their_secrets_are_hidden_wherever_they_might_show(gateway: GatewayTester, receiver: Receiver) -> None:
    endpoints = gateway.gateway.administration.endpoints
    await endpoints.create("search", document(receiver, bearer="swordfish", headers={"X-Key": "sesame"}))
    await endpoints.delete("search")
    assert gateway.gateway.hide("swordfish, sesame") == "***, ***"
