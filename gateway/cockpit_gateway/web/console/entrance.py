"""The entrance: logging in by a token or a one-time link, and logging out."""

from __future__ import annotations

import math
from collections import OrderedDict
from http import HTTPStatus
from urllib.parse import quote

import structlog
from aiohttp import web

from cockpit_gateway.clock import Clock
from cockpit_gateway.config import Scope
from cockpit_gateway.delivery.bucket import TokenBucket
from cockpit_gateway.errors import StoreError
from cockpit_gateway.targets import Rate
from cockpit_gateway.web.access import needs
from cockpit_gateway.web.clients import Clients
from cockpit_gateway.web.console.frame import SESSION, Frame
from cockpit_gateway.web.console.links import Links
from cockpit_gateway.web.console.sessions import Sessions
from cockpit_gateway.web.problems import Problem

TRIES = Rate(5)
"""How often one address may be wrong, in a minute: the buckets count in minutes, so that they hold five tries."""

MOST_ADDRESSES = 10_000
"""Addresses whose tries are counted; of more, the one that tried least recently is forgotten."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Entrance:
    """Lets people in and out.

    Args:
        frame: Makes the pages.
        sessions: Begins and ends sessions.
        links: Redeems one-time links.
        addresses: Tells where a request comes from.
        clock: The time.
    """

    def __init__(self, frame: Frame, sessions: Sessions, links: Links, addresses: Clients, clock: Clock) -> None:
        self._frame = frame
        self._sessions = sessions
        self._links = links
        self._addresses = addresses
        self._clock = clock
        self._tries: OrderedDict[str, TokenBucket] = OrderedDict()

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return [
            web.get("/login", self.form, allow_head=False),  # a link is used up by whoever opens it
            web.post("/login", self.log_in),
            web.post("/logout", self.log_out),
        ]

    async def form(self, request: web.Request) -> web.Response:
        """Ask for a token, or let in whoever comes by a one-time link."""
        code = request.query.get("code")
        if code is None:
            return self._ask(request, request.query.get("to", ""))
        if not self._links.redeem(code):
            return self._refuse(request, "This link was used already, or is older than five minutes.")
        return self._let_in(request, None, "/")

    async def log_in(self, request: web.Request) -> web.Response:
        """Let in whoever has a client's token."""
        self._require_patience(request)
        given = await request.post()
        name = self._sessions.client_of(str(given.get("token", "")))
        to = str(given.get("to", ""))
        if name is None:
            return self._refuse(request, "No client has this token.", to)
        return self._let_in(request, name, to)

    @needs(Scope.READ)
    async def log_out(self, request: web.Request) -> web.Response:
        """End a session; the cookie goes even if the store cannot be told that no copy of it counts any more."""
        response = _see_other(self._frame.url("/login"))
        self._sessions.take_cookie(response)
        try:
            await self._sessions.end(request[SESSION])
        except StoreError as error:
            log.warning("a log-out could not be kept: a copy of its cookie would be let in", problem=str(error))
        return response

    def _let_in(self, request: web.Request, name: str | None, to: str) -> web.Response:
        response = _see_other(self._frame.root + (to if to.startswith("/") else "/"))
        self._sessions.begin(request, response, name)
        address = self._addresses.name(request)
        self._tries.pop(address, None)
        log.info("logged in to the console", client=name or "one-time link", address=address)
        return response

    def _ask(self, request: web.Request, to: str, problem: str | None = None) -> web.Response:
        status = HTTPStatus.OK if problem is None else HTTPStatus.UNAUTHORIZED
        return self._frame.page(request, "login.html", status, to=to, problem=problem)

    def _refuse(self, request: web.Request, problem: str, to: str = "") -> web.Response:
        address = self._addresses.name(request)
        log.warning("login to the console refused", address=address, problem=problem)
        return self._ask(request, to, problem)

    def _require_patience(self, request: web.Request) -> None:
        address = self._addresses.name(request)
        minutes = self._clock.steady() / 60
        bucket = self._tries.pop(address, None) or TokenBucket(TRIES, minutes)
        self._tries[address] = bucket
        if len(self._tries) > MOST_ADDRESSES:
            self._tries.popitem(last=False)
        wait = bucket.take(minutes) * 60
        if wait > 0:
            log.warning("login to the console refused, too many tries", address=address)
            raise Problem(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"That was wrong too often. Try again in {math.ceil(wait)} seconds.",
                retry_after=math.ceil(wait),
            )


def _see_other(path: str) -> web.Response:
    location = quote(path, safe="/%?&=+:,;@~")  # whatever somebody has put into the form, it is one header
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": location})
