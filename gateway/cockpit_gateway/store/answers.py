"""The answers to requests that may be repeated: what is kept of them, and what is asked of a store."""

from __future__ import annotations

from typing import NamedTuple, Protocol

ANSWERS_KEPT = 24 * 3600.0
"""Seconds for which the answers to requests are kept for their repetition."""


class AnswerKey(NamedTuple):
    """Names a request that may be repeated.

    Attributes:
        client: Whose it is.
        key: What it calls it.
    """

    client: str
    key: str


class Answer(NamedTuple):
    """The answer to a request.

    Attributes:
        status: Its HTTP status.
        sealed: Its body, sealed.
    """

    status: int
    sealed: bytes


class KnownAnswer(NamedTuple):
    """What is known of a request that came before.

    Attributes:
        fingerprint: What it has in common with its repetitions.
        answer: How it was answered, None if it was not.
    """

    fingerprint: bytes
    answer: Answer | None


class KeepsAnswers(Protocol):
    """The part of the port for them; see `Store`."""

    async def begin_answer(self, key: AnswerKey, fingerprint: bytes, *, now: float) -> KnownAnswer | None:
        """Note that a request is being answered, unless one with the same key is known; return what is known.

        Args:
            key: Names the request.
            fingerprint: What it has in common with its repetitions.
            now: Seconds since the Unix epoch.

        Returns:
            None if it is new, or the same key was used longer ago than `ANSWERS_KEPT`.
        """
        ...

    async def keep_answer(self, key: AnswerKey, answer: Answer) -> None:
        """Keep the answer to a request, and return once that is durable."""
        ...

    async def drop_answer(self, key: AnswerKey) -> None:
        """Forget a request."""
        ...

    async def prune_answers(self, *, now: float) -> None:
        """Forget the requests that came longer ago than `ANSWERS_KEPT`."""
        ...
