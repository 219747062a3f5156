"""The peers: what the gateway is held against. Run as `python -m bench.peers relay|fan|durable PORT [TARGET]`."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile

import aiohttp
import uvloop
from aiohttp import web
from aiohttp.typedefs import Handler

FAN = 50
"""Deliveries of one event in the fan-out."""

ANSWER = b'{"id":"01890000-0000-7000-8000-000000000000"}'


async def relay(port: int, target: str) -> None:
    """Accept and pass on: an aiohttp server and client in one process, no store, no hooks."""
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    async def accept(request: web.Request) -> web.Response:
        body = await request.read()
        async with session.post(target, data=body, headers={"Content-Type": "application/json"}) as answer:
            await answer.read()
        return web.Response(status=202, body=ANSWER, content_type="application/json")

    await _serve(port, accept)


async def fan_out(port: int, target: str) -> None:
    """Post each body that comes in fifty times: a bare client loop."""
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    async def post(body: bytes) -> None:
        async with session.post(target, data=body, headers={"Content-Type": "application/json"}) as answer:
            await answer.read()

    async def accept(request: web.Request) -> web.Response:
        body = await request.read()
        await asyncio.gather(*(post(body) for _ in range(FAN)))
        return web.Response(status=202, body=ANSWER, content_type="application/json")

    await _serve(port, accept)


async def durable(port: int) -> None:
    """Accept and answer after one fdatasync: the least that a durable receiver has to do."""
    descriptor, path = tempfile.mkstemp(dir=os.environ.get("BENCH_DIRECTORY"))
    os.unlink(path)  # noqa: PTH108 - the descriptor stays

    def keep(body: bytes) -> None:
        os.write(descriptor, body)
        os.fdatasync(descriptor)

    async def accept(request: web.Request) -> web.Response:
        body = await request.read()
        await asyncio.to_thread(keep, body)
        return web.Response(status=202, body=ANSWER, content_type="application/json")

    await _serve(port, accept)


async def _serve(port: int, accept: Handler) -> None:
    app = web.Application()
    app.router.add_post("/cockpit/website", accept)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    kind, port, *rest = sys.argv[1:]
    peers = {"relay": relay, "fan": fan_out, "durable": durable}
    uvloop.run(peers[kind](int(port), *rest))
