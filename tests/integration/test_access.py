"""The admin API at an address: who gets in, and what they may do there."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import trustme
from structlog.testing import capture_logs

from cockpit_gateway.config import Scope
from cockpit_gateway.errors import ConfigError, GatewayError
from cockpit_gateway.testing import GatewayTester, StartGateway
from cockpit_gateway.web.access import needed_by

SEE, DO, ALL = "a-token-that-sees", "a-token-that-does", "a-token-for-everything"
CONFIG = f"""
sources: {{website: {{}}}}
api:
  listen: 127.0.0.1:0
  clients:
    seer: {{token: {SEE}}}
    doer: {{token: {DO}, scope: operate}}
    owner: {{token: {ALL}, scope: admin}}
plugins:
  webhook:
    endpoints:
      it: {{url: "https://example.org/", events: [collections.*], active: false}}
"""


@pytest.fixture
async def gateway(gateway_tester: StartGateway) -> AsyncIterator[GatewayTester]:
    async with gateway_tester(CONFIG) as running:
        yield running


async def ask(
    gateway: GatewayTester, path: str, authorization: str | None = None, method: str = "GET"
) -> tuple[int, Any, dict[str, str]]:
    headers = {} if authorization is None else {"Authorization": authorization}
    url = gateway.gateway.listeners.api_address + path
    async with aiohttp.ClientSession() as session, session.request(method, url, headers=headers) as answer:
        text = await answer.text()
        return answer.status, json.loads(text) if text.startswith("{") else text, dict(answer.headers)


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Bearer wrong", f"Bearer {SEE}x", f"Basic {SEE}", SEE, "Bearer \xff\xfe"],
)
@pytest.mark.parametrize("path", ["/api/v1/events", "/api/v1/status", "/metrics", "/nowhere"])
async def test_without_a_token_nobody_gets_in(gateway: GatewayTester, authorization: str | None, path: str) -> None:
    status, problem, headers = await ask(gateway, path, authorization)
    assert (status, problem["title"]) == (HTTPStatus.UNAUTHORIZED, "Unauthorized")
    assert headers["WWW-Authenticate"] == 'Bearer realm="cockpit-gateway"'
    assert not any(name.lower().startswith("access-control") for name in headers)


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/api/v1/events", Scope.READ),
        ("GET", "/api/v1/deliveries", Scope.READ),
        ("GET", "/api/v1/purge?subject=collections/posts", Scope.READ),
        ("GET", "/metrics", Scope.READ),
        ("POST", "/api/v1/targets/webhook/it/pause", Scope.OPERATE),
        ("POST", "/api/v1/deliveries/replay", Scope.OPERATE),
        ("POST", "/api/v1/events/replay", Scope.OPERATE),
        ("POST", "/api/v1/restart", Scope.ADMIN),
    ],
)
async def test_a_token_allows_its_scope(gateway: GatewayTester, method: str, path: str, scope: Scope) -> None:
    for token, allows in ((SEE, Scope.READ), (DO, Scope.OPERATE), (ALL, Scope.ADMIN)):
        status, answer, _ = await ask(gateway, path, f"Bearer {token}", method)
        if allows < scope:
            assert status == HTTPStatus.FORBIDDEN
            assert answer["detail"].endswith(f"and this needs {scope.name.lower()}.")
        else:
            assert status not in (HTTPStatus.FORBIDDEN, HTTPStatus.UNAUTHORIZED), answer


def test_every_route_says_what_it_needs(tmp_path: Path) -> None:
    routes = GatewayTester(tmp_path, CONFIG).gateway.admin_routes()
    unmarked = [route.path for route in routes if needed_by(route.handler) is None]
    assert sorted(unmarked) == ["/healthz", "/metrics", "/readyz"]
    changing = [route for route in routes if route.method != "GET"]
    assert changing
    assert all((needed_by(route.handler) or 0) > Scope.READ for route in changing)


async def test_what_is_changed_is_logged_with_who_did_it_and_no_token(gateway: GatewayTester) -> None:
    with capture_logs() as logs:
        await ask(gateway, "/api/v1/targets/webhook/it/pause", f"bearer {DO}", "POST")
        await ask(gateway, "/api/v1/events", "Bearer something-else-entirely")
    assert [(line["client"], line["path"]) for line in logs if line["event"] == "asked by the API"] == [
        ("doer", "/api/v1/targets/webhook/it/pause")
    ]
    refused = [line for line in logs if line["event"] == "request refused"]
    assert [line["status"] for line in refused] == [401]
    assert not any(secret in str(logs) for secret in (SEE, DO, ALL, "something-else-entirely"))


async def test_tls(gateway_tester: StartGateway, tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_and_cert_chain_pem.write_to_path(tmp_path / "server.pem")
    (tmp_path / "server.pem").chmod(0o600)
    pem = tmp_path / "server.pem"
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    async with gateway_tester(CONFIG.replace("api:\n", f"api:\n  tls: {{cert: {pem}, key: {pem}}}\n")) as gateway:
        url = gateway.gateway.listeners.api_address + "/api/v1/status"
        headers = {"Authorization": f"Bearer {SEE}"}
        async with aiohttp.ClientSession() as session, session.get(url, ssl=trusting, headers=headers) as answer:
            assert (url[:8], answer.status) == ("https://", 200)


@pytest.mark.parametrize(
    ("api", "problem"),
    [
        ("{listen: 0.0.0.0:0}", "where other machines reach it, the API needs a client"),
        ("{listen: 0.0.0.0:0, clients: {me: {token: short}}}", "a token has 16 or more ASCII characters"),
        (
            "{clients: {me: {token: one-for-both-of-them}, you: {token: one-for-both-of-them}}}",
            "me and you have the same token",
        ),
        ("{clients: {me: {token: 'sixteen and spaces'}}}", "a token has 16 or more ASCII characters, and no space"),
        (f"{{clients: {{a: {{token: {SEE}, scope: root}}}}}}", "'read', 'operate' or 'admin'"),
    ],
)
def test_mistakes(tmp_path: Path, api: str, problem: str) -> None:
    with pytest.raises(ConfigError) as told:
        GatewayTester(tmp_path, f"sources: {{website: {{}}}}\napi: {api}\n")
    assert problem in str(told.value)
    assert SEE not in str(told.value)
    assert "sixteen and spaces" not in str(told.value)


async def test_an_address_that_is_taken_is_named_with_its_setting(gateway_tester: StartGateway) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = CONFIG.replace("127.0.0.1:0", f"127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(GatewayError, match=r"for the API: Address already in use; change api\.listen"):
            async with gateway_tester(config):
                pass
