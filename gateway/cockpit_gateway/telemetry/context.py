"""What is being done: ids that every line of the log gets meanwhile, whoever logs it, in whatever thread.

They live in a context variable: what a task binds is seen by the threads that it hands work to, and by no other task.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import Context, ContextVar
from typing import Any

import uuid_utils

REQUEST_ID = "X-Request-ID"
"""The header by which a request is known to whoever sent it, to proxies, and in the log."""

_SOUND = re.compile(r"[\w.:=+/@-]{1,128}", re.ASCII)

_ids: ContextVar[Mapping[str, object]] = ContextVar("ids")
calling: ContextVar[str] = ContextVar("calling")
"""The plugin whose hook runs."""


def bind(**ids: object) -> None:
    """Add ids to whatever this task logs from here on.

    Args:
        ids: `request_id`, `source`, `event_id`, `event` (its name), `delivery_id`, `attempt`, `plugin` or `target`.
    """
    _ids.set({**_ids.get({}), **ids})


def context_of(ids: Mapping[str, object]) -> Context:
    """Return a context with these ids, and nothing else; see `bind`."""
    context = Context()
    context.run(_ids.set, ids)
    return context


@contextmanager
def bound(**ids: object) -> Generator[None]:
    """Add ids to whatever is logged in a block; see `bind`.

    Example:
        >>> with bound(request_id="7f3a", source="website"):
        ...     bound_ids()
        {'request_id': '7f3a', 'source': 'website'}
    """
    token = _ids.set({**_ids.get({}), **ids})
    try:
        yield
    finally:
        _ids.reset(token)


def bound_ids() -> dict[str, object]:
    """Return the ids of what is being done."""
    plugin = calling.get(None)
    return {**_ids.get({})} if plugin is None else {**_ids.get({}), "plugin": plugin}


def merge_ids(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Give a line the ids that it does not name itself: a processor of structlog."""
    for name, value in bound_ids().items():
        line.setdefault(name, value)
    return line


def request_id(given: str | None) -> str:
    """Return a request's id: the one it came with, or a new one if it has none, or one that no log should hold.

    Args:
        given: The header's value.
    """
    return given if given is not None and _SOUND.fullmatch(given) else str(uuid_utils.uuid7())
