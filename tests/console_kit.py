"""What tests of the console share: who may log in, and a client that is no browser."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Self, TypeAlias

import aiohttp

from cockpit_gateway.testing import GatewayTester

Form: TypeAlias = Mapping[str, str] | Sequence[tuple[str, str]]
"""Fields, and what they are filled in with."""

SEE, DO, ALL = "a-token-that-sees", "a-token-that-does", "a-token-for-everything"

API = f"""
api:
  listen: 127.0.0.1:0
  clients:
    seer: {{token: {SEE}}}
    doer: {{token: {DO}, scope: operate}}
    owner: {{token: {ALL}, scope: admin}}
"""


class Browserless:
    """A client that keeps cookies, follows nothing, and says what it is told to."""

    def __init__(self, gateway: GatewayTester, base: str = "") -> None:
        self.address = gateway.gateway.listeners.api_address + base
        self.session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()

    async def get(self, path: str, **headers: str) -> aiohttp.ClientResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.get(self.address + path, allow_redirects=False, headers=named) as answer:
            await answer.read()
            return answer

    async def post(self, path: str, form: Form, **headers: str) -> aiohttp.ClientResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.post(self.address + path, data=form, allow_redirects=False, headers=named) as answer:
            await answer.read()
            return answer

    async def log_in(self, token: str = ALL) -> str:
        """Log in; return what forms have to carry."""
        answer = await self.post("/console/login", {"token": token})
        assert answer.status == HTTPStatus.SEE_OTHER
        found = re.search(r'name="form_token" value="([^"]+)"', await (await self.get("/console/")).text())
        assert found
        return found[1]
