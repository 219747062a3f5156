"""Asks the admin API of a gateway inside a test, as a program does."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from multidict import CIMultiDictProxy

from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.gateway import admin_socket_path
from cockpit_gateway.testing import GatewayTester

TOKEN = "a-token-for-everything"
CONFIG = f"""
sources: {{website: {{}}}}
api:
  listen: 127.0.0.1:0
  clients: {{owner: {{token: {TOKEN}, scope: admin}}, other: {{token: another-{TOKEN}, scope: admin}}}}
plugins:
  webhook:
    endpoints:
      first: {{url: "http://127.0.0.1:9/", allow_private: true, events: [collections.*]}}
      second: {{url: "http://127.0.0.1:9/", allow_private: true, events: [collections.*]}}
"""


@dataclass(frozen=True)
class Answer:
    """An answer; its document is None if it has no body."""

    status: int
    headers: CIMultiDictProxy[str]
    text: str

    @property
    def document(self) -> Any:
        return json.loads(self.text) if self.text else None


@dataclass(frozen=True)
class Client:
    """Asks over the Unix socket, or with a token."""

    session: aiohttp.ClientSession
    root: str

    async def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, *, data: Any = None, body: Any = None
    ) -> Answer:
        """Ask for a path below /api/v1, or anything else that begins with a slash."""
        url = self.root + (path if path.startswith("/") else f"/api/v1/{path}")
        async with self.session.request(method, url, headers=headers, data=data, json=body) as answer:
            return Answer(answer.status, answer.headers, await answer.text())

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.ask("GET", path, {name.replace("_", "-"): value for name, value in headers.items()})

    async def post(self, path: str, key: str | None = None, body: Any = None) -> Answer:
        return await self.ask("POST", path, {"Idempotency-Key": key} if key else None, body=body)


async def hold(gateway: GatewayTester) -> None:
    """Pause the endpoints: nothing is sent, and what is planned waits."""
    for name in ("first", "second"):
        await gateway.gateway.administration.pause(TargetId("webhook", name), None)


@asynccontextmanager
async def local(gateway: GatewayTester) -> AsyncIterator[Client]:
    """Give a client at the Unix socket."""
    connector = aiohttp.UnixConnector(str(admin_socket_path(gateway.gateway.settings)))
    async with aiohttp.ClientSession(connector=connector) as session:
        yield Client(session, "http://gateway")


@asynccontextmanager
async def remote(gateway: GatewayTester, token: str = TOKEN) -> AsyncIterator[Client]:
    """Give a client at `api.listen`."""
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
        yield Client(session, gateway.gateway.listeners.api_address)
