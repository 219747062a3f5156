"""Which node should be home of which target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.delivery.rendezvous import assign
from cockpit_gateway.store.nodes import Node, NodeFacts
from cockpit_gateway.targets import PLAN_TARGET

TARGETS = frozenset(TargetId("webhook", f"endpoint-{number}") for number in range(60))


def node(name: str, targets: Iterable[TargetId] = TARGETS, *, leaving: bool = False) -> Node:
    return Node(f"owner of {name}", NodeFacts(name, targets=frozenset(targets), leaving=leaving), 0.0, 10.0)


def test_every_node_gets_its_share() -> None:
    homes = assign(map(node, "abcd"))
    assert Counter(homes.values()) == {f"owner of {name}": 15 for name in "abcd"}


def test_the_answer_does_not_depend_on_who_asks() -> None:
    assert assign(map(node, "abc")) == assign(map(node, "cba"))


def test_a_node_that_is_started_again_gets_what_it_had() -> None:
    before, after = assign(map(node, "abc")), assign([node("a"), node("b")._replace(owner="another of b"), node("c")])
    assert {target_id for target_id, owner in before.items() if owner == "owner of b"} == {
        target_id for target_id, owner in after.items() if owner == "another of b"
    }


def test_few_targets_move_when_one_goes() -> None:
    before, after = assign(map(node, "abcd")), assign(map(node, "abc"))
    stayed = [target_id for target_id, owner in before.items() if owner != "owner of d" and after[target_id] == owner]
    assert len(stayed) >= 0.8 * 45
    assert Counter(after.values()) == {f"owner of {name}": 20 for name in "abc"}


def test_a_target_goes_where_it_is_known() -> None:
    new = TargetId("webhook", "new")
    homes = assign([node("a"), node("b", {*TARGETS, new})])
    assert homes[new] == "owner of b"


def test_who_leaves_or_is_gone_gets_nothing() -> None:
    homes = assign([node("a"), node("b", leaving=True), node("c")._replace(owner=None)])
    assert set(homes.values()) == {"owner of a"}


def test_nobody_is_home_of_what_nobody_knows() -> None:
    assert assign([node("a", leaving=True)]) == {}


def test_what_has_next_to_nothing_to_do_takes_up_no_share() -> None:
    few = {TargetId("webhook", name) for name in ("one", "two", PLAN_TARGET)}
    homes = assign([node("a", few), node("b", few)])
    assert homes[TargetId("webhook", "one")] != homes[TargetId("webhook", "two")]
