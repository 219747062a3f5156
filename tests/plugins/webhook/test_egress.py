"""How requests leave: through which proxy, with which TLS, with which token, to which addresses."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from proxies import Proxy, http_proxy, socks_proxy
from structlog.testing import capture_logs
from webhook_kit import DELIVERY_ID, Receiver, Start, raw_server, receiving

from cockpit_gateway import Retry
from cockpit_gateway.egress.channel import Channels
from cockpit_gateway.egress.policy import NetworkPolicy
from cockpit_gateway.egress.tokens import ClientCredentials

OLD, NEW = (f"whsec_{base64.b64encode(bytes([number]) * 32).decode()}" for number in (1, 2))


async def reason(plugin: Any, target: str = "it") -> str:
    with pytest.raises(Retry) as failed:
        await plugin.deliver(target=target)
    return failed.value.reason


# Where requests may go


async def test_a_name_of_this_machine_needs_allow_private(
    start: Start, receiver: Receiver, endpoint: dict[str, Any]
) -> None:
    local = endpoint | {"url": receiver.url.replace("127.0.0.1", "localhost")}
    plugin = await start({"it": local | {"allow_private": False}, "allowed": local})
    found = await reason(plugin)
    assert found.removeprefix("127.0.0.1").removeprefix("::1") == " is a loopback address, which needs allow_private"
    await plugin.deliver(target="allowed")
    assert len(receiver.arrived) == 1


async def test_an_endpoint_does_not_use_the_connection_of_one_that_may_more(
    start: Start, receiver: Receiver, endpoint: dict[str, Any]
) -> None:
    local = endpoint | {"url": receiver.url.replace("127.0.0.1", "localhost")}
    plugin = await start({"allowed": local, "it": local | {"allow_private": ["10.0.0.0/8"]}})
    await plugin.deliver(target="allowed")  # leaves a connection that could be used again
    assert "needs to be in one of its networks of allow_private" in await reason(plugin)
    assert len(receiver.arrived) == 1


# Proxies


@pytest.mark.parametrize("credentials", ["", "user:pa%20ss@"])
async def test_http_through_a_proxy(
    start: Start, receiver: Receiver, endpoint: dict[str, Any], credentials: str
) -> None:
    async with http_proxy() as proxy:
        plugin = await start({"it": endpoint | {"proxy": f"http://{credentials}127.0.0.1:{proxy.port}"}})
        await plugin.deliver()
        assert proxy.asked_for == [f"POST {receiver.url}/hook"]
        assert proxy.credentials == (["user:pa ss"] if credentials else [])
    assert len(receiver.arrived) == 1


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_https_through_a_proxy_which_looks_the_name_up(
    start: Start, endpoint: dict[str, Any], tmp_path: Path, scheme: str
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    async with receiving(tls_of(authority, "receiver.test")) as receiver, proxying(scheme) as proxy:
        port = int(receiver.url.rpartition(":")[2])
        settings = {
            "url": f"https://receiver.test:{port}/hook",
            "proxy": f"{scheme}://user:pass@127.0.0.1:{proxy.port}",
            "tls": {"ca": str(tmp_path / "ca.pem")},
            "allow_private": False,
        }
        plugin = await start({"it": endpoint | settings})
        await plugin.deliver()
        assert [asked.removeprefix("CONNECT ") for asked in proxy.asked_for] == [f"receiver.test:{port}"]
        assert proxy.credentials == ["user:pass"]
        assert len(receiver.arrived) == 1


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_proxy_that_is_not_there(
    start: Start, endpoint: dict[str, Any], unused_tcp_port: int, scheme: str
) -> None:
    plugin = await start({"it": endpoint | {"proxy": f"{scheme}://user:s3cret@127.0.0.1:{unused_tcp_port}"}})
    assert await reason(plugin) == "proxy: connection refused"


async def test_a_proxy_that_refuses(start: Start, endpoint: dict[str, Any]) -> None:
    async with http_proxy(status=407) as proxy:
        settings = {"url": "https://receiver.test/", "proxy": f"http://127.0.0.1:{proxy.port}"}
        assert await reason(await start({"it": endpoint | settings})) == "proxy: HTTP 407"


@asynccontextmanager
async def proxying(scheme: str) -> AsyncIterator[Proxy]:
    async with http_proxy() if scheme == "http" else socks_proxy() as proxy:
        yield proxy


# TLS


def tls_of(authority: trustme.CA, *names: str, clients: trustme.CA | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    if clients is not None:
        clients.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


async def test_a_receiver_that_asks_for_a_certificate(start: Start, endpoint: dict[str, Any], tmp_path: Path) -> None:
    authority, clients = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    certificate = clients.issue_cert("gateway.test")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    own = {"cert": str(tmp_path / "cert.pem"), "key": str(tmp_path / "key.pem")}
    async with receiving(tls_of(authority, "127.0.0.1", clients=clients)) as receiver:
        ours = endpoint | {"url": receiver.url}
        tls = {"ca": str(tmp_path / "ca.pem")}
        plugin = await start({"it": ours | {"tls": tls}, "certified": ours | {"tls": tls | own}})
        await plugin.deliver(target="certified")
        assert await reason(plugin)
        assert len(receiver.arrived) == 1


async def test_another_authority_is_not_believed_and_unverified_is_loud(
    start: Start, endpoint: dict[str, Any], tmp_path: Path
) -> None:
    authority, other = trustme.CA(), trustme.CA()
    other.cert_pem.write_to_path(tmp_path / "other.pem")
    async with receiving(tls_of(authority, "127.0.0.1")) as receiver:
        ours = endpoint | {"url": receiver.url}
        with capture_logs() as logs:
            plugin = await start(
                {
                    "it": ours,
                    "other": ours | {"tls": {"ca": str(tmp_path / "other.pem")}},
                    "unverified": ours | {"tls": {"verify": False}},
                }
            )
        assert (await reason(plugin)).startswith("TLS certificate not valid: ")
        assert (await reason(plugin, "other")).startswith("TLS certificate not valid: ")
        await plugin.deliver(target="unverified")
    (warning,) = [line for line in logs if line["log_level"] == "warning"]
    assert (warning["endpoint"], warning["setting"]) == ("unverified", "endpoints.unverified.tls.verify")


# Tokens


@pytest.fixture
async def tokens() -> AsyncIterator[Receiver]:
    async with receiving() as server:
        server.body = json.dumps({"access_token": "t0ken", "token_type": "Bearer", "expires_in": 3600}).encode()
        yield server


def oauth2(tokens: Receiver, **settings: Any) -> dict[str, Any]:
    return {"token_url": f"{tokens.url}/token", "client_id": "a b", "client_secret": "p:ss/"} | settings


async def test_a_token_is_got_once_and_used_by_all(
    start: Start, receiver: Receiver, tokens: Receiver, endpoint: dict[str, Any]
) -> None:
    plugin = await start({"it": endpoint | {"oauth2": oauth2(tokens, scope="write read", audience="site")}})
    await asyncio.gather(*(plugin.deliver() for _ in range(5)))
    assert {request.header("Authorization") for request in receiver.arrived} == {"Bearer t0ken"}
    (asked,) = tokens.arrived
    assert parse_qs(asked.body.decode()) == {
        "grant_type": ["client_credentials"],
        "scope": ["write read"],
        "audience": ["site"],
    }
    assert asked.header("Authorization") == "Basic " + base64.b64encode(b"a+b:p%3Ass%2F").decode()


async def test_id_and_secret_in_the_body(
    start: Start, receiver: Receiver, tokens: Receiver, endpoint: dict[str, Any]
) -> None:
    plugin = await start({"it": endpoint | {"oauth2": oauth2(tokens, auth="body")}})
    await plugin.deliver()
    (asked,) = tokens.arrived
    assert asked.header("Authorization") is None
    form = parse_qs(asked.body.decode())
    assert (form["client_id"], form["client_secret"]) == (["a b"], ["p:ss/"])


async def test_a_refused_token_is_not_used_again(
    start: Start, receiver: Receiver, tokens: Receiver, endpoint: dict[str, Any]
) -> None:
    plugin = await start({"it": endpoint | {"oauth2": oauth2(tokens)}})
    await plugin.deliver()
    receiver.first_statuses = [401]
    assert await reason(plugin) == "HTTP 401 Unauthorized"
    tokens.body = tokens.body.replace(b"t0ken", b"next")
    await plugin.deliver()
    assert [request.header("Authorization") for request in receiver.arrived] == [
        "Bearer t0ken",
        "Bearer t0ken",
        "Bearer next",
    ]


async def test_a_late_refusal_of_an_old_token_does_not_cost_the_new_one(tokens: Receiver) -> None:
    credentials = ClientCredentials(url=tokens.url, client_id="a", client_secret="b", parameters={}, in_body=False)
    channels = Channels()
    channel = channels.open(NetworkPolicy(private=True))
    old = await credentials.token(channel)
    tokens.body = tokens.body.replace(b"t0ken", b"next")
    for _ in range(2):  # two requests were under way with the old one
        credentials.forget(old)
        assert await credentials.token(channel) == "next"
    await channels.close()
    assert len(tokens.arrived) == 2


async def test_a_token_endpoint_that_is_not_there_is_told_from_the_endpoint(
    start: Start, tokens: Receiver, endpoint: dict[str, Any], unused_tcp_port: int
) -> None:
    nowhere = oauth2(tokens, token_url=f"http://127.0.0.1:{unused_tcp_port}/")
    assert await reason(await start({"it": endpoint | {"oauth2": nowhere}})) == "token endpoint: connection refused"


async def test_a_token_endpoint_that_hangs_holds_nobody_else_up(
    start: Start, receiver: Receiver, tokens: Receiver, endpoint: dict[str, Any]
) -> None:
    async def hang(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with raw_server(hang) as server:
        plugin = await start(
            {
                "it": endpoint | {"oauth2": oauth2(tokens, token_url=server.url)},
                "other": endpoint | {"oauth2": oauth2(tokens)},
            }
        )
        waiting = asyncio.create_task(plugin.deliver())
        await asyncio.sleep(0)
        await plugin.deliver(target="other")
        assert not waiting.done()
        waiting.cancel()
        await asyncio.wait([waiting])
    assert len(receiver.arrived) == 1


async def test_a_token_that_has_expired_is_asked_for_again(
    start: Start, receiver: Receiver, tokens: Receiver, endpoint: dict[str, Any]
) -> None:
    tokens.body = tokens.body.replace(b"3600", b"0")
    plugin = await start({"it": endpoint | {"oauth2": oauth2(tokens)}})
    await plugin.deliver()
    await plugin.deliver()
    assert len(tokens.arrived) == 2


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (401, b'{"error":"invalid_client","error_description":"s3cret"}', "token endpoint: HTTP 401 invalid_client"),
        (500, b"s3cret", "token endpoint: HTTP 500"),
        (400, b'{"error":"s3cret \\u0000"}', "token endpoint: HTTP 400"),
        (200, b"[" * 60_000, "token endpoint: its answer holds no access_token"),
        (200, b'{"access_token":["a"]}', "token endpoint: its answer holds no access_token"),
        (200, b'{"access_token":"a\\ud800"}', "token endpoint: its answer holds no access_token"),
        (200, b'{"access_token":"a","expires_in":1e999}', "token endpoint: its answer holds no access_token"),
        (200, b"[]", "token endpoint: its answer holds no access_token"),
        (200, b'{"access_token":"a\\r\\nX: y"}', "token endpoint: its answer holds no access_token"),
        (200, b'{"access_token":"a","token_type":"mac"}', "token endpoint: its token is of another type than Bearer"),
        (200, b"x" * 70_000, "token endpoint: its answer is too long"),
        (302, b"", "token endpoint: HTTP 302"),
    ],
    ids=[
        "refused",
        "broken",
        "odd-error",
        "nested",
        "list",
        "surrogate",
        "endless-life",
        "no-object",
        "header-injection",
        "mac",
        "too-long",
        "redirect",
    ],
)
async def test_no_token(
    start: Start, receiver: Receiver, tokens: Receiver, endpoint: dict[str, Any], status: int, body: bytes, told: str
) -> None:
    tokens.status, tokens.body = status, body
    assert await reason(await start({"it": endpoint | {"oauth2": oauth2(tokens)}})) == told
    assert receiver.arrived == []


async def test_a_token_endpoint_obeys_the_network_policy(
    start: Start, receiver: Receiver, tokens: Receiver, endpoint: dict[str, Any]
) -> None:
    elsewhere = oauth2(tokens, token_url=tokens.url.replace("127.0.0.1", "localhost"))
    public = {"url": "https://receiver.test/", "allow_private": False, "oauth2": elsewhere}
    plugin = await start({"it": endpoint | public})
    assert "is a loopback address" in await reason(plugin)
    assert tokens.arrived == []


# Signatures


def ed25519() -> tuple[str, Ed25519PublicKey]:
    key = Ed25519PrivateKey.generate()
    return "whsk_" + base64.b64encode(key.private_bytes_raw()).decode(), key.public_key()


async def test_an_ed25519_signature_verifies(start: Start, receiver: Receiver, endpoint: dict[str, Any]) -> None:
    secret, public = ed25519()
    plugin = await start({"it": endpoint | {"secrets": [secret, OLD]}})
    await plugin.deliver()
    (request,) = receiver.arrived
    first, second = (request.header("webhook-signature") or "").split(" ")
    assert second.startswith("v1,")
    signed = f"{DELIVERY_ID}.{request.header('webhook-timestamp')}.".encode() + request.body
    public.verify(base64.b64decode(first.removeprefix("v1a,")), signed)


async def test_a_secret_signs_until_its_end(start: Start, receiver: Receiver, endpoint: dict[str, Any]) -> None:
    now = datetime.now(UTC)
    soon, past = ((now + timedelta(hours=hours)).isoformat() for hours in (1, -1))
    secrets = [NEW, {"secret": OLD, "until": soon}]
    plugin = await start(
        {"it": endpoint | {"secrets": secrets}, "over": endpoint | {"secrets": [NEW, {"secret": OLD, "until": past}]}}
    )
    await plugin.deliver()
    await plugin.deliver(target="over")
    assert [len((request.header("webhook-signature") or "").split()) for request in receiver.arrived] == [2, 1]
