"""The answers to requests, for their repetition."""

from __future__ import annotations

from cockpit_gateway.store.answers import ANSWERS_KEPT, Answer, AnswerKey, KnownAnswer
from cockpit_gateway.store.postgres.statements import Connection, query

BEGIN_ANSWER = query("begin_answer")
GET_ANSWER = query("get_answer")
KEEP_ANSWER = query("keep_answer")
DROP_ANSWER = query("drop_answer")
PRUNE_ANSWERS = query("prune_answers")


async def begin(connection: Connection, key: AnswerKey, fingerprint: bytes, now: float) -> KnownAnswer | None:
    """Note that a request is being answered, unless it is known; return what is known."""
    given = {"fingerprint": fingerprint, "now": now, "expired": now - ANSWERS_KEPT}
    if await BEGIN_ANSWER.run(connection, **key._asdict(), **given):
        return None
    [(known, status, sealed)] = await GET_ANSWER.rows(connection, **key._asdict())
    return KnownAnswer(known, None if status is None else Answer(status, sealed))


async def keep(connection: Connection, key: AnswerKey, answer: Answer) -> None:
    """Keep the answer to a request."""
    await KEEP_ANSWER.run(connection, **key._asdict(), **answer._asdict())


async def drop(connection: Connection, key: AnswerKey) -> None:
    """Forget a request."""
    await DROP_ANSWER.run(connection, **key._asdict())


async def prune(connection: Connection, now: float) -> None:
    """Forget the requests that came too long ago."""
    await PRUNE_ANSWERS.run(connection, expired=now - ANSWERS_KEPT)
