"""Requests to the outside: which addresses they reach, whatever a name resolves to."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from cockpit_gateway.egress.connections import connector
from cockpit_gateway.egress.policy import ForbiddenAddressError, NetworkPolicy

GOOD, BAD = "127.0.0.2", "127.0.0.1"
POLICY = NetworkPolicy(private=(ip_network(f"{GOOD}/32"),))


class Answers(AbstractResolver):
    """A name server whose next answers a test decides."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        addresses = self.answers.pop(0)
        kinds = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in addresses]
        return [
            ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=0)
            for address, kind in zip(addresses, kinds, strict=True)
        ]

    async def close(self) -> None:
        pass


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[int, list[str]]]:
    """Listen at both addresses on one port; gives it, and at which address each request arrived."""
    arrived: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        assert request.transport is not None
        arrived.append(request.transport.get_extra_info("sockname")[0])
        return web.Response()

    app = web.Application()
    app.router.add_route("*", "/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, GOOD, 0).start()
        port = runner.addresses[0][1]
        await web.TCPSite(runner, BAD, port).start()
        yield port, arrived
    finally:
        await runner.cleanup()


async def get(port: int, *answers: list[str], host: str = "receiver.test", times: int = 1) -> list[int]:
    made = connector(POLICY, Answers(*answers))
    statuses: list[int] = []
    async with aiohttp.ClientSession(connector=made) as session:
        for _ in range(times):
            made.clear_dns_cache()
            url = URL.build(scheme="http", host=host, port=port)
            async with session.get(url, headers={"Connection": "close"}) as answer:
                statuses.append(answer.status)
    return statuses


async def test_an_allowed_address_is_reached() -> None:
    async with listening() as (port, arrived):
        assert await get(port, [GOOD]) == [200]
        assert arrived == [GOOD]


@pytest.mark.parametrize("answer", [[BAD], ["::1"], [BAD, "::ffff:127.0.0.1"], ["169.254.169.254"]])
async def test_a_name_that_leads_to_a_forbidden_address_is_not_followed(answer: list[str]) -> None:
    async with listening() as (port, arrived):
        with pytest.raises(aiohttp.ClientConnectorError) as failed:
            await get(port, answer)
        assert "allow" in str(failed.value.os_error)
        assert arrived == []


@pytest.mark.parametrize("answer", [[BAD, GOOD], [GOOD, BAD]])
async def test_of_two_answers_only_the_allowed_one_is_reached(answer: list[str]) -> None:
    async with listening() as (port, arrived):
        assert await get(port, answer) == [200]
        assert arrived == [GOOD]


async def test_a_name_that_changes_its_answer_is_looked_at_again() -> None:
    async with listening() as (port, arrived):
        with pytest.raises(aiohttp.ClientConnectorError) as failed:
            await get(port, [GOOD], [BAD], times=2)
        assert isinstance(failed.value.os_error, ForbiddenAddressError)
        assert arrived == [GOOD]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "::ffff:127.0.0.1"])
async def test_an_address_in_place_of_a_name_is_checked_too(host: str) -> None:
    async with listening() as (port, arrived):
        with pytest.raises((aiohttp.ClientConnectorError, aiohttp.InvalidURL)):
            await get(port, [BAD], host=host)
        assert arrived == []
