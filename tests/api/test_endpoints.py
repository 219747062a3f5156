"""Endpoints: made, changed and deleted through the API; those of the file are read-only."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from api_kit import CONFIG, Client, remote

from cockpit_gateway import endpoints
from cockpit_gateway.config.redaction import redacted
from cockpit_gateway.overview import Overview
from cockpit_gateway.testing import GatewayTester

SETTINGS = {"url": "https://example.org/hook", "events": ["collections.*"]}


async def make(client: Client, name: str = "mine", **more: object) -> dict[str, object]:
    made = await client.post("endpoints", body={"name": name, "settings": SETTINGS, **more})
    assert made.status == 201, made.text
    document: dict[str, object] = made.document
    return document


async def test_one_is_made_changed_and_deleted(gateway: GatewayTester, client: Client) -> None:
    made = await make(client)
    changed = await client.ask("PATCH", "endpoints/mine", body={"settings": {"ordered": True}})
    replaced = await client.ask("PUT", "endpoints/mine", body={"settings": SETTINGS | {"timeout": "3s"}})
    await client.post("endpoints/mine/pause", body={"reason": "later"})
    await gateway.fire("collections.save.after")
    waiting = (await client.get("targets/webhook/mine")).document
    deleted = await client.ask("DELETE", "endpoints/mine")
    gone = await client.get("endpoints/mine")
    assert (made["secret"], changed.document["settings"]["ordered"]) == (None, True)
    assert ("ordered" in replaced.document["settings"], replaced.document["settings"]["timeout"]) == (False, "3s")
    assert (waiting["state"], waiting["pending"], waiting["rules"]["timeout"]) == ("paused", 1, 3.0)
    assert (deleted.status, deleted.text, gone.status) == (204, "", 404)


async def test_what_is_made_or_changed_is_named_with_the_etag_that_a_get_would_have(client: Client) -> None:
    body = {"name": "mine", "settings": SETTINGS, "new_secret": True}
    made = await client.post("endpoints", "k", body)
    again = await client.post("endpoints", "k", body)
    shown = await client.get(made.headers["Location"])
    assert shown.document == made.document["endpoint"]
    assert [made.headers["ETag"], again.headers["ETag"]] == [shown.headers["ETag"]] * 2
    assert again.headers["Location"] == made.headers["Location"] == "/api/v1/endpoints/mine"
    etag = made.headers["ETag"]
    for method, path, change in (
        ("PATCH", "endpoints/mine", {"settings": {"ordered": True}}),
        ("PUT", "endpoints/mine", {"settings": SETTINGS}),
        ("POST", "endpoints/mine/rotate-secret", {}),
    ):
        changed = await client.ask(method, path, {"If-Match": etag}, body=change)
        etag = changed.headers["ETag"]
        assert (changed.status, etag) == (200, (await client.get("endpoints/mine")).headers["ETag"])


async def test_a_secret_is_shown_once(client: Client, tmp_path: Path) -> None:
    made = await client.post("endpoints", "k", {"name": "mine", "settings": SETTINGS, "new_secret": True})
    again = await client.post("endpoints", "k", {"name": "mine", "settings": SETTINGS, "new_secret": True})
    rotated = await client.post("endpoints/mine/rotate-secret", body={"grace": 60})
    shown = await client.get("endpoints/mine")
    first, second = made.document["secret"], rotated.document["secret"]
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("gateway.db*"))
    assert first.startswith("whsec_")
    assert again.document == made.document
    assert second not in ("", first)
    assert not any(secret in shown.text or secret.encode() in stored for secret in (first, second))


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_one_of_the_file_is_changed_there(client: Client, method: str) -> None:
    body = None if method == "DELETE" else {"settings": SETTINGS}
    answer = await client.ask(method, "endpoints/first", body=body)
    shown = (await client.get("endpoints/first")).document
    assert answer.status == 409
    assert answer.document["detail"].endswith(f"change it there, at {shown['place']}")
    assert shown["origin"] == "file"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_what_was_changed_meanwhile_is_not_changed(client: Client, method: str) -> None:
    await make(client)
    seen = (await client.get("endpoints/mine")).headers["ETag"]
    await client.ask("PATCH", "endpoints/mine", {"If-Match": seen}, body={"settings": {"ordered": True}})
    body = None if method == "DELETE" else {"settings": {"events": ["forms.*"]}}
    late = await client.ask(method, "endpoints/mine", {"If-Match": seen}, body=body)
    shown = await client.get("endpoints/mine")
    assert (late.status, shown.document["settings"]["ordered"]) == (412, True)
    assert late.headers["ETag"] == shown.headers["ETag"]
    assert "get it again" in late.document["detail"]


async def test_every_mistake_is_named(client: Client) -> None:
    settings = {"url": "ftp://example.org", "events": ["collections.saved.after"], "ordred": True}
    answer = await client.post("endpoints", body={"name": "mine", "settings": settings})
    assert answer.status == 400
    assert {error["name"] for error in answer.document["errors"]} == {"url", "events[0]", "ordred"}
    assert "did you mean" in answer.text


async def test_reload_and_configuration(gateway: GatewayTester) -> None:
    async with remote(gateway) as client:
        shown = await client.get("configuration")
        sources = (await client.get("sources")).document["sources"]
        stats = (await client.get("stats")).document
    paths = {setting["path"]: setting["value"] for setting in shown.document["settings"]}
    assert paths["api.clients.owner.token"] == "***"
    assert "a-token-for-everything" not in shown.text
    assert [source["name"] for source in sources] == ["website"]
    assert len(stats["hour"]) == 60


async def test_a_page_looks_up_what_is_on_it_beside_the_loop(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a thousand endpoints, all that is secret takes a second to find."""
    looked_up: list[threading.Thread] = []

    def noted(*given: Any) -> dict[str, Any]:
        looked_up.append(threading.current_thread())
        return redacted(*given)

    monkeypatch.setattr(endpoints, "redacted", noted)
    listed = await client.get("endpoints?limit=1")
    assert [endpoint["name"] for endpoint in listed.document["endpoints"]] == ["first"]
    assert (len(looked_up), threading.main_thread() in looked_up) == (1, False)


async def test_a_source_that_goes_while_it_is_listed(
    gateway: GatewayTester, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    administration = gateway.gateway.administration
    overview = administration.overview

    async def slow() -> Overview:
        await gateway.reload(CONFIG.replace("website:", "shop:"))
        return await overview()

    monkeypatch.setattr(administration, "overview", slow)
    listed = await client.get("sources")
    assert [source["name"] for source in listed.document["sources"]] == ["website"]


async def test_settings_are_described_as_generators_of_clients_understand_them(client: Client) -> None:
    """Some refuse a model that may be null, and a default that is an empty object."""
    schemas = (await client.get("openapi.json")).document["components"]["schemas"]
    settings = {name: schema for name, schema in schemas.items() if name.startswith("EndpointSettings")}
    assert (settings["EndpointSettings"]["type"], settings["EndpointSettings"]["title"]) == (
        "object",
        "EndpointSettings",
    )
    text = json.dumps(settings)
    assert '"default": {}' not in text
    assert '["object", "null"]' not in text
