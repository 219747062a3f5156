"""Trees: JSON as a person reads it, as much of it as a page can hold."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from cockpit_gateway.events import JSONValue

MOST_NODES = 1000
"""Values that are shown."""

MOST_CHILDREN = 100
"""Values that are shown of one list or object."""

DEEPEST = 24
"""Levels that are shown."""

LONGEST_TEXT = 600
"""Characters that are shown of one text."""

LONGEST_NAME = 200
"""Characters that are shown of an object's key."""

Kind: TypeAlias = Literal["object", "list", "text", "number", "word"]


@dataclass(slots=True)
class Node:
    """A value.

    Attributes:
        name: Its key, its place in a list, or its argument's name.
        kind: What it is; a word is true, false or null.
        text: The value; of an object or a list nothing.
        length: How many values are in it, or how many characters are in the whole text.
        children: The values in it that are shown.
        missing: How many others are not.
    """

    name: str
    kind: Kind
    text: str = ""
    length: int = 0
    children: list[Node] = field(default_factory=list["Node"])
    missing: int = 0


def tree(args: Sequence[JSONValue], names: Sequence[str] = ()) -> Node:
    """Return arguments as a tree: the upper levels first, until there is enough for a page.

    Args:
        args: The arguments.
        names: Their names, as far as they have some.

    Example:
        >>> tree(["posts", {"title": "Hello"}], ["name", "entry"]).children[1].children[0].text
        'Hello'
    """
    top = Node("", "list", length=len(args))
    room = MOST_NODES
    waiting: deque[tuple[Node, JSONValue, int]] = deque([(top, list(args), 0)])
    while waiting:
        node, value, depth = waiting.popleft()
        members = _members(value, names if node is top else ())
        shown = 0
        while shown < min(MOST_CHILDREN, room, node.length) and depth < DEEPEST:
            name, member = next(members)
            child = _node(name, member)
            node.children.append(child)
            if child.kind in ("object", "list") and child.length:
                waiting.append((child, member, depth + 1))
            shown += 1
        room -= shown
        node.missing = node.length - shown
    return top


def _members(value: JSONValue, names: Sequence[str]) -> Iterator[tuple[str, JSONValue]]:
    if isinstance(value, Mapping):
        yield from ((str(name), member) for name, member in value.items())
        return
    for place, member in enumerate(value):
        yield names[place] if place < len(names) else str(place), member


def _node(name: str, value: JSONValue) -> Node:
    name = name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"
    match value:
        case Mapping():
            return Node(name, "object", length=len(value))
        case str():
            return Node(name, "text", value[:LONGEST_TEXT], len(value))
        case bool() | None:
            return Node(name, "word", json.dumps(value))
        case int() | float():
            return Node(name, "number", repr(value))
        case _:
            return Node(name, "list", length=len(value))
