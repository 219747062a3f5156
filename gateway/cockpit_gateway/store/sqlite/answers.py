"""The answers to requests, for their repetition."""

from __future__ import annotations

import sqlite3

from cockpit_gateway.store.answers import ANSWERS_KEPT, Answer, AnswerKey, KnownAnswer
from cockpit_gateway.store.sqlite.statements import statement

BEGIN_ANSWER = statement("begin_answer")
GET_ANSWER = statement("get_answer")
KEEP_ANSWER = statement("keep_answer")
DROP_ANSWER = statement("drop_answer")
PRUNE_ANSWERS = statement("prune_answers")


def begin(connection: sqlite3.Connection, key: AnswerKey, fingerprint: bytes, now: float) -> KnownAnswer | None:
    """Note that a request is being answered, unless it is known; return what is known."""
    given = key._asdict() | {"fingerprint": fingerprint, "now": now, "expired": now - ANSWERS_KEPT}
    if connection.execute(BEGIN_ANSWER, given).rowcount:
        return None
    known, status, sealed = connection.execute(GET_ANSWER, key).fetchone()
    return KnownAnswer(known, None if status is None else Answer(status, sealed))


def keep(connection: sqlite3.Connection, key: AnswerKey, answer: Answer) -> None:
    """Keep the answer to a request."""
    connection.execute(KEEP_ANSWER, (*answer, *key))


def drop(connection: sqlite3.Connection, key: AnswerKey) -> None:
    """Forget a request."""
    connection.execute(DROP_ANSWER, key)


def prune(connection: sqlite3.Connection, now: float) -> None:
    """Forget the requests that came too long ago."""
    connection.execute(PRUNE_ANSWERS, (now - ANSWERS_KEPT,))
