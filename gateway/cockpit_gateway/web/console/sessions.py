"""Sessions: who looks at the console, kept in a sealed cookie, so that every node of a gateway knows it.

The store keeps those that were ended by a log-out: a cookie that somebody has copied is worth nothing from then on.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from cockpit_gateway.clock import Clock
from cockpit_gateway.config import ApiClient, Scope
from cockpit_gateway.errors import SealError
from cockpit_gateway.sealing import Sealer
from cockpit_gateway.storage import Keeper

COOKIE = "cockpit_gateway_session"

LONGEST = 12 * 3600.0
"""Seconds after which a session ends."""

ENDED = "ended console sessions"
"""Under whose name the store keeps what has ended: no plugin can be called that."""

FORGOTTEN_AT_ONCE = 100
"""Ended sessions that are forgotten at a log-out, once their cookies are too old anyhow."""


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who has logged in.

    Attributes:
        name: The client's name; None for whoever came by a one-time link.
        scope: What they may do.
        form_token: What every form of theirs carries, so that no other site can send one.
        until: Seconds since the Unix epoch after which it is over.
    """

    name: str | None
    scope: Scope
    form_token: str
    until: int

    @property
    def who(self) -> str:
        """The name for people and logs."""
        return self.name or "one-time link"

    @property
    def key(self) -> str:
        """What the store keeps of it when it has ended; those that are over first come first."""
        return f"{self.until:012d} {self.form_token}"

    def may(self, scope: str) -> bool:
        """Tell whether they may do what needs a scope, by its name: "operate" or "admin"."""
        return self.scope >= Scope[scope.upper()]


class Sessions:
    """Begins sessions, and recognises them.

    Args:
        clients: Those who may log in with their token, by name.
        sealer: Seals what the cookie holds.
        path: Path that the cookie is sent to.
        keeper: Keeps which were ended.
        clock: The time.
    """

    def __init__(
        self, clients: Mapping[str, ApiClient], sealer: Sealer, path: str, keeper: Keeper, clock: Clock
    ) -> None:
        self._clients = clients
        self._sealer = sealer
        self._path = path
        self._keeper = keeper
        self._clock = clock

    def client_of(self, token: str) -> str | None:
        """Return the name of the client that has a token, None if nobody has it."""
        given = token.strip().encode("utf-8", "surrogateescape")
        found = [name for name, client in self._clients.items() if hmac.compare_digest(_secret(client), given)]
        return found[0] if found else None

    def begin(self, request: web.Request, response: web.StreamResponse, name: str | None) -> None:
        """Give whoever gets a response a session.

        Args:
            request: The request; over TLS, the cookie goes back over TLS only.
            response: Gets the cookie.
            name: The client; None for a one-time link.
        """
        client = None if name is None else self._clients[name]
        until = math.ceil(self._clock.time() + LONGEST)
        content = {"name": name, "token": _digest(client), "form": secrets.token_urlsafe(16), "until": until}
        response.set_cookie(
            COOKIE,
            self._sealer.seal("sessions", json.dumps(content).encode()).decode(),
            max_age=int(LONGEST),
            path=self._path,
            httponly=True,
            samesite="Strict",
            secure=request.secure or request.headers.get("X-Forwarded-Proto") == "https",
        )

    def take_cookie(self, response: web.StreamResponse) -> None:
        """Take the cookie from whoever gets a response."""
        response.del_cookie(COOKIE, path=self._path, httponly=True, samesite="Strict")

    async def end(self, session: Session) -> None:
        """End a session for whoever has its cookie.

        Raises:
            StoreError: that cannot be kept.
        """
        await self._keeper.set_value(ENDED, session.key, b"1")
        now = f"{math.floor(self._clock.time()):012d}"
        for key in await self._keeper.list_keys(ENDED, "", after="", limit=FORGOTTEN_AT_ONCE):
            if key < now:
                await self._keeper.set_value(ENDED, key, None)

    async def has_ended(self, session: Session) -> bool:
        """Tell whether somebody has logged out of a session."""
        return await self._keeper.get_value(ENDED, session.key) is not None

    def of(self, request: web.Request) -> Session | None:
        """Return the session of a request; None without one, or if its client's token is another by now."""
        content = self._content(request.cookies.get(COOKIE))
        if content is None:
            return None
        name: str | None = content["name"]
        client = None if name is None else self._clients.get(name)
        if name is not None and (client is None or content["token"] != _digest(client)):
            return None
        return Session(name, Scope.ADMIN if client is None else client.allows, content["form"], content["until"])

    def _content(self, sealed: str | None) -> dict[str, Any] | None:
        if sealed is None:
            return None
        try:
            opened = self._sealer.open("sessions", sealed.encode(errors="replace"), LONGEST)
        except SealError:
            return None
        content: dict[str, Any] = json.loads(opened)
        return content if "until" in content else None  # an older version's


def _secret(client: ApiClient) -> bytes:
    return client.token.get_secret_value().encode()


def _digest(client: ApiClient | None) -> str:
    """Return what changes when a client's token does."""
    return "" if client is None else hashlib.sha256(_secret(client)).hexdigest()
