"""JSON as a tree: bounded, whatever came."""

from __future__ import annotations

from typing import Any

import pytest

from cockpit_gateway.web.console.trees import DEEPEST, LONGEST_NAME, LONGEST_TEXT, MOST_CHILDREN, MOST_NODES, Node, tree


def nodes(node: Node) -> int:
    return len(node.children) + sum(nodes(child) for child in node.children)


def levels(node: Node) -> int:
    return 1 + max((levels(child) for child in node.children), default=0)


def test_arguments_have_their_names() -> None:
    top = tree(["posts", {"title": "Hello"}, False, 7], ["name", "entry", "isUpdate"])
    assert [(child.name, child.kind, child.text) for child in top.children] == [
        ("name", "text", "posts"),
        ("entry", "object", ""),
        ("isUpdate", "word", "false"),
        ("3", "number", "7"),
    ]
    assert [(child.name, child.text) for child in top.children[1].children] == [("title", "Hello")]


def nested(levels: int) -> Any:
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "args",
    [
        [list(range(100_000))],
        [{str(number): {"x": [1, 2, 3]} for number in range(5_000)}],
        [[[1] * 90] * 90] * 90,
        nested(500),
        ["x" * 10_000_000],
        [{"k" * 100_000: 1}],
    ],
)
def test_a_page_can_hold_it(args: list[Any]) -> None:
    top = tree(args)
    assert nodes(top) <= MOST_NODES
    assert levels(top) <= DEEPEST + 1
    waiting = [top]
    while waiting:
        node = waiting.pop()
        assert len(node.children) + node.missing == (node.length if node.kind in ("list", "object") else 0)
        assert len(node.children) <= MOST_CHILDREN
        assert len(node.text) <= LONGEST_TEXT
        assert len(node.name) <= LONGEST_NAME + 1
        waiting += node.children


def test_upper_levels_come_first() -> None:
    top = tree([[[0] * 100] * 100, "last"])
    assert top.children[1].text == "last"


def test_what_is_too_deep_is_counted() -> None:
    node = tree([nested(500)])
    while node.children:
        node = node.children[0]
    assert node.missing == 1
