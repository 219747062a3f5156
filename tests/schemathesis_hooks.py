"""What schemathesis cannot know of the API from its description."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import schemathesis

_KEY = "Idempotency-Key"
_NARROWING = {"id", "name", "source", "subject", "since", "until"}


@schemathesis.hook
def filter_case(context: schemathesis.HookContext, case: schemathesis.Case) -> bool:
    """Leave out what is refused although each parameter is sound: they depend on each other, or are the gateway's."""
    if case.meta is not None and not case.meta.generation.mode.is_positive:
        return True
    given = {name for name, value in (case.query or {}).items() if value != []}
    is_whole = not case.path.startswith("/events/") or ("plugin" in given) == ("target" in given)
    says_something = case.path != "/events/purge" or given & _NARROWING
    return bool(is_whole and says_something and "cursor" not in given and not {"since", "until"} <= given)


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
    """Give each request an Idempotency-Key of its own, if it has one at all."""
    if case.headers and _KEY in case.headers and (case.meta is None or case.meta.generation.mode.is_positive):
        case.headers[_KEY] = str(uuid4())
