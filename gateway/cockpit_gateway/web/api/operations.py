"""Operations: what can be asked for, each declared once; from that it is routed, parsed, answered and documented.

An operation is a method of a resource. Its signature is the declaration: arguments that stand in the path, one that is
a `Query`, one that is a `Body`, and a `View` as the answer.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar, TypeVar, get_args, get_origin, get_type_hints

from cockpit_gateway.config import Scope
from cockpit_gateway.web.api.parameters import Body, Query

PREFIX = "/api/v1"
"""What stands before every path."""

SAFE = ("GET", "HEAD")
"""Methods that change nothing."""

_MARK = "__operation__"
_SECTION = re.compile(r"^\s*(Args|Raises|Returns|Example):", re.MULTILINE)
_Method = TypeVar("_Method", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing that can be asked for.

    Attributes:
        name: Its name, unique in the API: that of the method.
        method: "GET", "POST", "PATCH" or "DELETE".
        path: Below the prefix, with the names of arguments in braces.
        scope: What a token has to allow.
        summary: What it does, in a sentence.
        description: More about it, "" for nothing.
        segments: The types of the arguments in the path, by name.
        query: The model of its parameters, None if it has none.
        body: The model of its body, None if it has none.
        answer: The type of its answer; of each line if it has many.
        is_stream: True if it answers line by line.
        status: What it answers if all is well.
        refusals: What else it may answer, beside what follows from its declaration.
        guard: The operation whose answer's ETag `If-Match` is about, None if there is none.
        shown: Where its answer has what a GET would answer now, "" for all of it: the ETag is of that, and `Location`
            leads to what was made. None if it has nothing of the kind.
    """

    name: str
    method: str
    path: str
    scope: Scope
    summary: str
    description: str
    segments: Mapping[str, Any]
    query: type[Query] | None
    body: type[Body] | None
    answer: Any
    is_stream: bool
    status: HTTPStatus
    refusals: frozenset[HTTPStatus]
    guard: str | None
    shown: str | None

    @property
    def is_safe(self) -> bool:
        """True if it changes nothing."""
        return self.method in SAFE

    @property
    def has_etag(self) -> bool:
        """True if its answer has an ETag."""
        return (self.is_safe and not self.is_stream) or self.shown is not None

    @property
    def media_type(self) -> str:
        """What it answers with."""
        return "application/x-ndjson" if self.is_stream else "application/json"


class Resource:
    """Something that the API knows; its docstring describes it.

    Attributes:
        tag: Its name.
    """

    tag: ClassVar[str]

    @classmethod
    def operations(cls) -> list[Operation]:
        """Return its operations, in the order in which they are written."""
        return [getattr(method, _MARK) for method in vars(cls).values() if hasattr(method, _MARK)]


def operation(
    method: str,
    path: str,
    scope: Scope,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    may: Iterable[HTTPStatus] = (),
    guard: str | None = None,
    shown: str | None = None,
) -> Callable[[_Method], _Method]:
    """Declare a method to be an operation; see `Operation` for the arguments.

    Example:
        >>> class Greetings(Resource):
        ...     @operation("GET", "/greetings/{name}", Scope.READ)
        ...     async def greet(self, name: str) -> dict[str, str]:
        ...         "Greet somebody."
        ...         return {"greeting": f"Hello {name}"}
        >>> Greetings.operations()[0].summary
        'Greet somebody.'
    """

    def mark(function: _Method) -> _Method:
        hints = get_type_hints(function, include_extras=True)
        answer = hints.pop("return")
        is_stream = get_origin(answer) is AsyncIterator
        summary, _, description = _SECTION.split(inspect.getdoc(function) or "")[0].strip().partition("\n\n")
        declared = Operation(
            name=function.__name__,
            method=method,
            path=path,
            scope=scope,
            summary=summary,
            description=description,
            segments={name: hint for name, hint in hints.items() if f"{{{name}}}" in path},
            query=_only(Query, hints),
            body=_only(Body, hints),
            answer=get_args(answer)[0] if is_stream else answer,
            is_stream=is_stream,
            status=status,
            refusals=frozenset(may),
            guard=guard,
            shown=shown,
        )
        setattr(function, _MARK, declared)
        return function

    return mark


def _only(kind: type[Any], hints: Mapping[str, Any]) -> Any:
    """Return the type of the argument that is of a kind, None if there is none."""
    return next((hint for hint in hints.values() if inspect.isclass(hint) and issubclass(hint, kind)), None)
