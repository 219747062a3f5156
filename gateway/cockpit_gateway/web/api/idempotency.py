"""Idempotency-Key: a request that is repeated, because its answer was lost, is not carried out twice.

It follows the IETF's draft "The Idempotency-Key HTTP Header Field" (draft-ietf-httpapi-idempotency-key-header-07).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import structlog
from aiohttp import hdrs, web

from cockpit_gateway.clock import Clock
from cockpit_gateway.errors import SealError, StoreError
from cockpit_gateway.sealing import Sealer
from cockpit_gateway.store.answers import Answer, AnswerKey
from cockpit_gateway.store.port import Store
from cockpit_gateway.web.access import client_of
from cockpit_gateway.web.api.negotiation import JSON
from cockpit_gateway.web.api.parameters import mistake
from cockpit_gateway.web.problems import Problem

HEADER = "Idempotency-Key"
REPEATED = "Idempotency-Replayed"
"""Header of an answer that was given before."""

FORM = r"^[\x21-\x7e]{1,255}$"
"""What a key may be."""

_FORM = re.compile(FORM)

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Idempotency:
    """Remembers the answers to requests with a key, and gives them again.

    Args:
        store: Where they are kept.
        sealer: Seals them: an answer may hold a secret that is shown once.
        clock: The time.
    """

    def __init__(self, store: Store, sealer: Sealer, clock: Clock) -> None:
        self._store = store
        self._sealer = sealer
        self._clock = clock

    async def once(self, request: web.Request, carry_out: Callable[[], Awaitable[web.Response]]) -> web.Response:
        """Carry a request out, unless one with the same key was carried out before.

        Args:
            request: The request.
            carry_out: Does it.

        Raises:
            Problem: the key is none, belongs to another request, or to one that is under way.
        """
        given = request.headers.get(HEADER)
        if given is None:
            return await carry_out()
        key = AnswerKey(client_of(request), _key(given))
        fingerprint = await _fingerprint(request)
        known = await self._store.begin_answer(key, fingerprint, now=self._clock.time())
        if known is None:
            return await self._carried_out(key, carry_out)
        if known.fingerprint != fingerprint:
            raise Problem(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                f"This {HEADER} was used for another request; make a new one for each, and repeat it with the same.",
            )
        if known.answer is None:
            raise Problem(
                HTTPStatus.CONFLICT,
                f"A request with this {HEADER} is being carried out, or the gateway ended in the middle of it; "
                "look at what became of it, and use a new key if it is to be done again.",
            )
        body = self._sealer.open("answers", known.answer.sealed)
        content_type = JSON if body else None
        return web.Response(
            status=known.answer.status, body=body, content_type=content_type, headers={REPEATED: "true"}
        )

    async def _carried_out(self, key: AnswerKey, carry_out: Callable[[], Awaitable[web.Response]]) -> web.Response:
        try:
            response = await carry_out()
        except Exception:
            await self._store.drop_answer(key)  # it may be tried again
            raise
        body = response.body if isinstance(response.body, bytes) else b""
        try:
            await self._store.keep_answer(key, Answer(response.status, self._sealer.seal("answers", body)))
        except (StoreError, SealError) as error:
            log.warning("the answer to a request could not be kept for its repetition", problem=str(error))
        return response


def _key(text: str) -> str:
    """Return a key; the draft writes it as a string in quotes, and most programs leave them out."""
    key = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
    if not _FORM.fullmatch(key):
        raise mistake("header", HEADER, "a key has 1 to 255 printable ASCII characters without a space, as a UUID has")
    return key


async def _fingerprint(request: web.Request) -> bytes:
    """Return what two requests share that are the same."""
    said = (request.method, request.raw_path, request.headers.get(hdrs.IF_MATCH, ""))
    head = "\n".join(said).encode("utf-8", "surrogateescape")
    return hashlib.blake2b(head + b"\n" + await request.read(), digest_size=32).digest()
