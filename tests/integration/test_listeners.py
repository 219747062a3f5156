"""Where the gateway listens: with TLS, below a base path, and for probes at an address of their own."""

from __future__ import annotations

import asyncio
import socket
import ssl
from functools import partial
from pathlib import Path

import commands
import gateways
import orjson
import pytest
import trustme

from cockpit_gateway.errors import GatewayError
from cockpit_gateway.gateway import Gateway
from cockpit_gateway.testing import captures

SAVE = captures.capture("collections.save.after").body
POST = b"POST %b HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def certificate(authority: trustme.CA, directory: Path) -> str:
    """Write a certificate and its key; return the setting."""
    issued = authority.issue_cert("localhost", "127.0.0.1")
    issued.private_key_pem.write_to_path(directory / "key.pem")
    for number, blob in enumerate(issued.cert_chain_pems):
        blob.write_to_path(directory / "cert.pem", append=number > 0)
    return f"tls: {{cert: '{directory}/cert.pem', key: '{directory}/key.pem'}}"


async def over_tls(gateway: Gateway, context: ssl.SSLContext, request: bytes) -> gateways.Answer:
    port = int(gateway.listeners.address.removeprefix("https://127.0.0.1:"))
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="localhost")
    writer.write(request)
    answer = await gateways.read_answer(reader)
    writer.close()
    await writer.wait_closed()
    return answer


async def test_tls(tmp_path: Path, authority: trustme.CA) -> None:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    async with gateways.running(tmp_path, server=certificate(authority, tmp_path)) as gateway:
        request = POST % (b"/cockpit/website", len(SAVE), SAVE)
        assert (await over_tls(gateway, context, request)).status == 202
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        assert (await over_tls(gateway, context, request)).status == 202
        large = b'{"event":"error","args":["' + b"x" * 3_000_000 + b'"]}'
        assert (await over_tls(gateway, context, POST % (b"/cockpit/website", len(large), large))).status == 202
        assert len(await gateways.stored(gateway)) == 3


async def test_who_does_not_finish_the_handshake_is_given_up(tmp_path: Path, authority: trustme.CA) -> None:
    server = f"read_timeout: 300ms, {certificate(authority, tmp_path)}"
    async with gateways.running(tmp_path, server=server) as gateway:
        port = int(gateway.listeners.address.removeprefix("https://127.0.0.1:"))
        for said in (b"", b"\x16\x03\x01\x02"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(said)
            async with asyncio.timeout(5):
                assert await reader.read() == b""
            writer.close()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
async def test_old_tls_is_refused(tmp_path: Path, authority: trustme.CA) -> None:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    async with gateways.running(tmp_path, server=certificate(authority, tmp_path)) as gateway:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await over_tls(gateway, context, b"")


async def test_send_trusts_the_configured_certificate_only(tmp_path: Path, authority: trustme.CA) -> None:
    server = f"base_path: /gateway, {certificate(authority, tmp_path)}"
    async with gateways.running(tmp_path, server=server) as gateway:
        port = int(gateway.listeners.address.rpartition(":")[2])
        yaml = f"server: {{listen: '127.0.0.1:{port}', {server}}}\nsources: {{website: {{}}}}\n"
        (tmp_path / "gateway.yaml").write_text(yaml)
        send = partial(commands.Site(tmp_path, port).run, "send", "--event", "error", "--json")
        sent = await asyncio.to_thread(send)
        assert (sent.returncode, orjson.loads(sent.stdout)["answers"][0]["status"]) == (0, 202)
        certificate(trustme.CA(), tmp_path)
        refused = await asyncio.to_thread(send)
        assert refused.returncode != 0
        assert len(await gateways.stored(gateway)) == 1


async def test_a_base_path_stands_before_every_path(tmp_path: Path) -> None:
    async with gateways.running(tmp_path, server="base_path: /gate/way") as gateway:
        assert (await gateways.post(gateway, SAVE, "/gate/way/cockpit/website")).status == 202
        assert (await gateways.post(gateway, SAVE, "/gate/way/cockpit/website/label")).status == 202
        assert (await gateways.raw(gateway, b"GET /gate/way/healthz HTTP/1.1\r\nHost: x\r\n\r\n")).status == 200
        assert (await gateways.raw(gateway, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")).status == 404
        answer = await gateways.post(gateway, SAVE)
        assert answer.status == 404
        assert "/gate/way/cockpit/<source>" in orjson.loads(answer.body)["detail"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
async def test_probes_at_an_address_of_their_own(tmp_path: Path, path: str) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    async with gateways.running(tmp_path, server="admin_listen: '127.0.0.1:0', base_path: /gate") as gateway:
        host, _, port = gateway.listeners.probes_address.removeprefix("http://").rpartition(":")
        for sent, status in ((request, 200), (POST % (b"/gate/cockpit/website", len(SAVE), SAVE), 404)):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(sent)
            assert (await gateways.read_answer(reader)).status == status
            writer.close()
        assert (await gateways.raw(gateway, request)).status == 404
        assert (await gateways.raw(gateway, request.replace(b" /", b" /gate/", 1))).status == 404
        assert (await gateways.post(gateway, SAVE, "/gate/cockpit/website")).status == 202


async def test_an_address_for_probes_that_is_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        gateway = gateways.assemble(tmp_path, server=f"admin_listen: '127.0.0.1:{port}'")
        with pytest.raises(GatewayError, match=rf"127.0.0.1:{port} for probes and metrics: .*; change server.admin"):
            await gateway.start()
        await gateway.stop()
