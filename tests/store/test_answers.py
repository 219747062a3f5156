"""The answers to requests, kept for their repetition."""

from __future__ import annotations

import asyncio

from stores import NOW, MakeStore

from cockpit_gateway.store.answers import ANSWERS_KEPT, Answer, AnswerKey, KnownAnswer
from cockpit_gateway.store.port import Store

KEY = AnswerKey("deployment", "k")
ANSWER = Answer(200, b"\x00sealed")


async def test_a_request_is_known_from_its_beginning(store: Store) -> None:
    assert await store.begin_answer(KEY, b"1", now=NOW) is None
    assert await store.begin_answer(KEY, b"2", now=NOW) == KnownAnswer(b"1", None)
    await store.keep_answer(KEY, ANSWER)
    assert await store.begin_answer(KEY, b"1", now=NOW + ANSWERS_KEPT) == KnownAnswer(b"1", ANSWER)


async def test_it_is_known_after_the_next_start(make_store: MakeStore) -> None:
    first = make_store()
    await first.open()
    await first.begin_answer(KEY, b"1", now=NOW)
    await first.keep_answer(KEY, ANSWER)
    await first.close()
    second = make_store()
    await second.open()
    assert await second.begin_answer(KEY, b"1", now=NOW) == KnownAnswer(b"1", ANSWER)
    await second.close()


async def test_only_one_of_many_at_once_is_the_first(store: Store) -> None:
    found = await asyncio.gather(*(store.begin_answer(KEY, b"1", now=NOW) for _ in range(20)))
    assert found.count(None) == 1


async def test_clients_have_keys_of_their_own(store: Store) -> None:
    await store.begin_answer(KEY, b"1", now=NOW)
    assert await store.begin_answer(KEY._replace(client="other"), b"2", now=NOW) is None
    assert await store.begin_answer(KEY._replace(key="K"), b"2", now=NOW) is None


async def test_a_key_can_be_used_anew_after_a_day(store: Store) -> None:
    await store.begin_answer(KEY, b"1", now=NOW)
    await store.keep_answer(KEY, ANSWER)
    assert await store.begin_answer(KEY, b"2", now=NOW + ANSWERS_KEPT + 1) is None
    assert await store.begin_answer(KEY, b"2", now=NOW + ANSWERS_KEPT + 1) == KnownAnswer(b"2", None)


async def test_what_was_refused_is_forgotten(store: Store) -> None:
    await store.begin_answer(KEY, b"1", now=NOW)
    await store.drop_answer(KEY)
    assert await store.begin_answer(KEY, b"2", now=NOW) is None


async def test_only_what_is_old_is_pruned(store: Store) -> None:
    other = KEY._replace(key="other")
    await store.begin_answer(KEY, b"1", now=NOW)
    await store.begin_answer(other, b"1", now=NOW + 1)
    await store.prune_answers(now=NOW + ANSWERS_KEPT + 0.5)
    assert await store.begin_answer(KEY, b"2", now=NOW) is None
    assert await store.begin_answer(other, b"2", now=NOW) == KnownAnswer(b"1", None)
