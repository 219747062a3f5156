"""How requests leave: through which proxy, with which TLS, with which token, to which addresses."""

from __future__ import annotations

import base64
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from proxies import Proxy, http_proxy, socks_proxy
from webhook_kit import DELIVERY_ID, Start, reason

from cockpit_gateway.testing import Receiver

OLD, NEW = (f"whsec_{base64.b64encode(bytes([number]) * 32).decode()}" for number in (1, 2))


def resolving(monkeypatch: pytest.MonkeyPatch, names: dict[str, list[str]]) -> list[str]:
    """Let names have these addresses; returns the names that were looked up."""
    asked: list[str] = []

    def look_up(host: str, port: int, **_: object) -> list[tuple[Any, ...]]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in names[host]]

    monkeypatch.setattr("cockpit_gateway.egress.connections.socket.getaddrinfo", look_up)
    return asked


# Where requests may go


@pytest.mark.parametrize("addresses", [["127.0.0.1", "10.0.0.1"], ["10.0.0.1", "192.168.0.1", "127.0.0.1"]])
async def test_a_name_with_forbidden_addresses_only_is_told_why(
    start: Start, endpoint: dict[str, Any], monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    resolving(monkeypatch, {"two.test": addresses})
    plugin = await start({"it": endpoint | {"url": "http://two.test/", "allow_private": False}})
    assert (await reason(plugin)).endswith("address, which needs allow_private")


async def test_a_name_of_this_machine_needs_allow_private(
    start: Start, receiver: Receiver, endpoint: dict[str, Any]
) -> None:
    local = endpoint | {"url": receiver.url.replace("127.0.0.1", "localhost")}
    plugin = await start({"it": local | {"allow_private": False}, "allowed": local})
    found = await reason(plugin)
    assert found.removeprefix("127.0.0.1").removeprefix("::1") == " is a loopback address, which needs allow_private"
    await plugin.deliver(target="allowed")
    assert len(receiver.requests) == 1


async def test_an_endpoint_does_not_use_the_connection_of_one_that_may_more(
    start: Start, receiver: Receiver, endpoint: dict[str, Any]
) -> None:
    local = endpoint | {"url": receiver.url.replace("127.0.0.1", "localhost")}
    plugin = await start({"allowed": local, "it": local | {"allow_private": ["10.0.0.0/8"]}})
    await plugin.deliver(target="allowed")  # leaves a connection that could be used again
    assert "needs to be in one of its networks of allow_private" in await reason(plugin)
    assert len(receiver.requests) == 1


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
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_https_through_a_proxy_which_looks_the_name_up(
    start: Start, endpoint: dict[str, Any], tmp_path: Path, scheme: str
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with Receiver(tls_of(authority, "receiver.test")) as receiver:
        async with proxying(scheme) as proxy:
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
            assert len(receiver.requests) == 1


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


@pytest.mark.parametrize("scheme", ["http", "https", "socks5"])
async def test_a_proxy_whose_name_leads_to_a_forbidden_address(
    start: Start, endpoint: dict[str, Any], monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    answers = resolving(monkeypatch, {"proxy.test": ["169.254.169.254"]})
    plugin = await start({"it": endpoint | {"proxy": f"{scheme}://user:s3cret@proxy.test:3128"}})
    assert (await reason(plugin)).startswith("proxy: 169.254.169.254 is a link-local address")
    assert answers == ["proxy.test"]


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_proxy_whose_name_is_not_found(start: Start, endpoint: dict[str, Any], scheme: str) -> None:
    plugin = await start({"it": endpoint | {"proxy": f"{scheme}://user:s3cret@proxy.invalid:3128"}})
    assert (await reason(plugin)).endswith("name not found: proxy.invalid")


async def test_https_through_a_proxy_that_is_reached_by_https(
    start: Start, endpoint: dict[str, Any], tmp_path: Path
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with Receiver(tls_of(authority, "receiver.test")) as receiver:
        async with http_proxy(tls=tls_of(authority, "127.0.0.1")) as proxy:
            settings = {
                "url": receiver.url.replace("127.0.0.1", "receiver.test"),
                "proxy": f"https://user:s3cret@127.0.0.1:{proxy.port}",
            }
            plugin = await start(
                {"it": endpoint | settings, "trusting": endpoint | settings | {"tls": {"ca": str(tmp_path / "ca.pem")}}}
            )
            assert (await reason(plugin)).startswith("TLS certificate not valid: ")
            assert proxy.credentials == []
            await plugin.deliver(target="trusting")
            assert proxy.credentials == ["user:s3cret"]
    assert len(receiver.requests) == 1


async def test_proxies_of_the_environment_are_not_used(
    start: Start, receiver: Receiver, endpoint: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with http_proxy() as proxy:
        for name in ("HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
            monkeypatch.setenv(name.lower(), f"http://127.0.0.1:{proxy.port}")
        await (await start({"it": endpoint})).deliver()
        assert proxy.asked_for == []
    assert len(receiver.requests) == 1


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
    with Receiver(tls_of(authority, "127.0.0.1", clients=clients)) as receiver:
        ours = endpoint | {"url": receiver.url}
        tls = {"ca": str(tmp_path / "ca.pem")}
        plugin = await start({"it": ours | {"tls": tls}, "certified": ours | {"tls": tls | own}})
        await plugin.deliver(target="certified")
        assert await reason(plugin)
        assert len(receiver.requests) == 1


async def test_another_authority_is_not_believed_unless_nobody_is_asked(
    start: Start, endpoint: dict[str, Any], tmp_path: Path
) -> None:
    authority, other = trustme.CA(), trustme.CA()
    other.cert_pem.write_to_path(tmp_path / "other.pem")
    with Receiver(tls_of(authority, "127.0.0.1")) as receiver:
        ours = endpoint | {"url": receiver.url}
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
    assert len(receiver.requests) == 1


# Signatures


def ed25519() -> tuple[str, Ed25519PublicKey]:
    key = Ed25519PrivateKey.generate()
    return "whsk_" + base64.b64encode(key.private_bytes_raw()).decode(), key.public_key()


async def test_an_ed25519_signature_verifies(start: Start, receiver: Receiver, endpoint: dict[str, Any]) -> None:
    secret, public = ed25519()
    plugin = await start({"it": endpoint | {"secrets": [secret, OLD]}})
    await plugin.deliver()
    (request,) = receiver.requests
    first, second = (request.headers.get("webhook-signature") or "").split(" ")
    assert second.startswith("v1,")
    signed = f"{DELIVERY_ID}.{request.headers.get('webhook-timestamp')}.".encode() + request.body
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
    assert [len((request.headers.get("webhook-signature") or "").split()) for request in receiver.requests] == [2, 1]
