"""`POST /cockpit/<source>[/<label>]`: lets a request in, reads its body within bounds, and answers after the commit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus

import orjson
from aiohttp import hdrs, web
from aiohttp.http import HttpVersion11
from multidict import istr

from cockpit_gateway import traceparent
from cockpit_gateway.config import Source
from cockpit_gateway.envelope import Arrival
from cockpit_gateway.events import VIA_HEADER
from cockpit_gateway.ingest import Fate, Ingest, Receipt
from cockpit_gateway.telemetry.spans import Kind, Spans
from cockpit_gateway.web.clients import Clients
from cockpit_gateway.web.connection import SOURCE
from cockpit_gateway.web.doors import Door
from cockpit_gateway.web.inflight import InFlight
from cockpit_gateway.web.problems import Problem

IDEMPOTENCY_HEADERS = (istr("Idempotency-Key"), istr("webhook-id"))
ANSWER_HEADERS = {hdrs.CONTENT_TYPE: "application/json"}
LONGEST_VIA = 1024
"""Characters of that header that are read."""

_GATEWAY_ID = re.compile(r"[0-9a-f]{32}")


class Receiver:
    """Answers Cockpit's POSTs.

    Args:
        ingest: Takes the bodies.
        in_flight: Reads the bodies.
        clients: Tells where requests come from.
        spans: Are told of each.
    """

    def __init__(self, ingest: Ingest, in_flight: InFlight, clients: Clients, spans: Spans) -> None:
        self._spans = spans
        self._ingest = ingest
        self._in_flight = in_flight
        self._clients = clients
        self._doors: dict[str, Door] = {}

    def adopt(self, sources: Mapping[str, Source]) -> None:
        """Let in from these sources, by name; the rate of one that stays as it is goes on."""
        before = self._doors
        self._doors = {
            name: before[name]
            if name in before and before[name].source == source
            else Door(name, source, self._clients)
            for name, source in sources.items()
        }

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return [
            web.post("/cockpit/{source}", self.receive, expect_handler=self.expect),
            web.post("/cockpit/{source}/{label}", self.receive, expect_handler=self.expect),
        ]

    async def expect(self, request: web.Request) -> web.Response | None:
        """Answer `Expect: 100-continue`, which Cockpit's curl sends above 1 MiB, once the request is let in."""
        try:
            self._admit(request)
            if request.headers.get(hdrs.EXPECT, "").lower() != "100-continue":
                raise Problem(HTTPStatus.EXPECTATION_FAILED, "The only expectation met here is 100-continue.")  # noqa: TRY301
        except Problem as problem:  # aiohttp calls this before the middlewares
            return problem.response()
        if request.version == HttpVersion11:
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
        return None

    async def receive(self, request: web.Request) -> web.Response:
        """Store the event and answer 202."""
        source = request.get(SOURCE) or self._admit(request)  # once: who is let in is counted
        parent = traceparent.valid(request.headers.get(traceparent.HEADER))
        with self._spans.span("receive", Kind.SERVER, parent, {"cockpit.source": source}) as span:
            receipt = await self._take_in(request, source, span.traceparent)
            span.note(
                {
                    "cockpit.event.id": receipt.event_id,
                    "cockpit.event.name": receipt.name,
                    "cockpit.fate": receipt.fate,
                }
            )
            return _answer(receipt)

    async def _take_in(self, request: web.Request, source: str, trace: str | None) -> Receipt:
        headers = request.headers
        body = await self._in_flight.read(request)
        try:
            key = next((headers[name] for name in IDEMPOTENCY_HEADERS if name in headers), None)
            label = request.match_info.get("label") or None
            arrival = Arrival(source, label, _via(headers.get(VIA_HEADER, "")), trace)
            return await self._ingest.receive(arrival, body, key)
        finally:
            self._in_flight.give_back(len(body))

    def _admit(self, request: web.Request) -> str:
        """Return the source, if the request may be read."""
        name = request.match_info["source"]
        door = self._doors.get(name)
        if door is None:
            raise Problem(HTTPStatus.NOT_FOUND, f"There is no source {name!r}; sources are named in the configuration.")
        door.check(request)
        length = request.content_length
        if length is None and hdrs.TRANSFER_ENCODING not in request.headers:
            raise Problem(HTTPStatus.LENGTH_REQUIRED, "A body needs a Content-Length.")
        self._in_flight.require_room(length)
        request[SOURCE] = name
        return name


def _via(header: str) -> tuple[str, ...]:
    """Return the ids of the gateways that an event came through."""
    return tuple(_GATEWAY_ID.findall(header[:LONGEST_VIA]))


def _answer(receipt: Receipt) -> web.Response:
    if receipt.fate is Fate.REFUSED:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"{receipt.name} fires for every webhook that is sent, with the body of the last one inside, and so feeds "
            "on itself until Cockpit runs out of memory. Remove it from Cockpit's webhook.",
        )
    document: dict[str, object] = {"id": receipt.event_id}
    if receipt.fate is Fate.DUPLICATE:
        document["duplicate"] = True
    if receipt.fate is Fate.IGNORED:
        document["ignored"] = receipt.name
    return web.Response(status=HTTPStatus.ACCEPTED, body=orjson.dumps(document), headers=ANSWER_HEADERS)
