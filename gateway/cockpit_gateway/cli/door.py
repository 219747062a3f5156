"""The door to the admin API: the running daemon's Unix socket, or without a daemon one that this process serves."""

from __future__ import annotations

import asyncio
import errno
import os
import tempfile
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
from aiohttp import web

from cockpit_gateway.config import ConfigFile
from cockpit_gateway.config.store import StoreUrl
from cockpit_gateway.daemon import load
from cockpit_gateway.errors import GatewayError, StoreOwnedError, UnreachableError
from cockpit_gateway.gateway import Gateway, admin_socket_path
from cockpit_gateway.web.api import api_application
from cockpit_gateway.web.problems import problems_middleware

PATIENCE = 3.0
"""Seconds that a process which owns the store gets to answer on its socket: it may be starting or stopping."""

TIMEOUT = aiohttp.ClientTimeout(total=30)
"""What an answer may take."""


@asynccontextmanager
async def reach(config: Path, *, daemon_only: bool) -> AsyncGenerator[aiohttp.ClientSession]:
    """Open a session with the admin API; see `connect`."""
    async with AsyncExitStack() as stack:
        socket = await _find(config, stack, daemon_only=daemon_only)
        connector = aiohttp.UnixConnector(str(socket))
        yield await stack.enter_async_context(
            aiohttp.ClientSession("http://localhost", connector=connector, timeout=TIMEOUT)
        )


async def _find(config: Path, stack: AsyncExitStack, *, daemon_only: bool) -> Path:
    """Return the socket of the daemon, or else of the API served here."""
    place = ConfigFile.read(config).place
    if place is not None and await _answers(admin_socket_path(place)):
        return admin_socket_path(place)
    if daemon_only and place is not None:
        raise GatewayError("no gateway is running")
    loaded = load(config)
    _require_store(loaded[0].settings.store)
    return await _serve_or_wait(admin_socket_path(loaded[0].settings), lambda: Gateway(*loaded), stack)


async def _serve_or_wait(socket: Path, make: Callable[[], Gateway], stack: AsyncExitStack) -> Path:
    """Serve the API here once the store is free, unless a daemon answers first: one may be starting or stopping."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return await stack.enter_async_context(_served(make()))
        except StoreOwnedError as error:
            if await _answers(socket):
                return socket
            if time.monotonic() > deadline:
                raise StoreOwnedError(f"{error}. It does not answer on {socket}.") from None
            await asyncio.sleep(PATIENCE / 30)


def _require_store(url: StoreUrl) -> None:
    """Refuse to make a store by looking into it: it would be made in the wrong place."""
    if url.file is not None and not url.file.exists():
        path = url.file.absolute()
        raise GatewayError(
            f"there is no store at {path}, and no gateway is running; start one with `cockpit-gateway run`"
        )


async def _answers(socket: Path) -> bool:
    """Tell whether a daemon listens on a socket.

    Raises:
        UnreachableError: nobody can tell.
    """
    try:
        _, writer = await asyncio.open_unix_connection(socket)
    except (FileNotFoundError, ConnectionRefusedError):
        return False
    except OSError as error:
        reason = os.strerror(error.errno or errno.EIO).lower()
        cure = "; run this as the gateway's user" if isinstance(error, PermissionError) else ""
        raise UnreachableError(f"the gateway's socket {socket} cannot be reached: {reason}{cure}") from error
    writer.close()
    await writer.wait_closed()
    return True


@asynccontextmanager
async def _served(gateway: Gateway) -> AsyncGenerator[Path]:
    """Serve the admin API of a gateway that does nothing else; gives its socket."""
    async with gateway.administered():
        app = api_application(problems_middleware(gateway.metrics))
        app.add_routes(gateway.api.routes())
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        with tempfile.TemporaryDirectory(prefix="cockpit-gateway-") as directory:
            socket = Path(directory, "admin.sock")
            await web.UnixSite(runner, socket).start()
            try:
                yield socket
            finally:
                await runner.cleanup()
