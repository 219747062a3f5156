"""Nodes, and which of them is home of which target."""

from __future__ import annotations

from dataclasses import replace

import postgres_server
from stores import SEARCH, SITE, a_delivery, accept, claim

from cockpit_gateway.store import open_store
from cockpit_gateway.store.nodes import NodeFacts
from cockpit_gateway.store.port import Store

FACTS = NodeFacts(
    "one", "1.0", 5.0, "http://127.0.0.1:1", "abc", frozenset({SITE, SEARCH}), {SITE: "HTTP 500"}, reloaded_at=7.0
)


async def test_a_node_is_what_it_tells_of_itself(store: Store) -> None:
    await store.heartbeat(60)
    await store.describe(FACTS)
    found = await store.cluster()
    assert [(node.owner, node.facts) for node in found.nodes] == [(found.me, FACTS)]
    assert found.nodes[0].left > 50


async def test_what_plugins_and_programs_say_keeps_no_node_from_telling(store: Store) -> None:
    """Without telling, it would lose its lease."""
    facts = replace(FACTS, broken={SITE: "exit code 1: \0 a\ufdd0"}, problem="cannot be read: \0")
    await store.describe(facts)
    assert [node.facts for node in (await store.cluster()).nodes] == [facts]
    await store.describe(replace(facts, problem="gateway-\udcff.yaml: cannot be read"))


async def test_a_home_can_be_taken_and_freed(store: Store) -> None:
    await store.describe(FACTS)
    await store.take_homes([SITE, SEARCH])
    found = await store.cluster()
    assert found.homes == {SITE: found.me, SEARCH: found.me}
    await store.free_homes([SITE])
    assert (await store.cluster()).homes.keys() == ({SEARCH} if store.shared else {SITE, SEARCH})


async def test_a_target_has_one_home(postgres_url: str) -> None:
    first, second = open_store(postgres_url), open_store(postgres_url)
    await first.open()
    await second.open()
    assert await first.take_homes([SITE]) == {SITE}
    assert await second.take_homes([SITE, SEARCH]) == {SEARCH}
    await first.close()
    assert await second.take_homes([SITE]) == {SITE}
    await second.close()


async def test_nobody_claims_what_another_is_home_of(postgres_url: str) -> None:
    first, second = open_store(postgres_url), open_store(postgres_url)
    await first.open()
    await second.open()
    delivery = a_delivery()
    await accept(first, delivery)
    await first.take_homes([SITE])
    assert await claim(second) == []
    assert await claim(first) == [delivery.id]
    await first.close()
    await second.close()


async def test_whose_lease_has_run_out_is_another_owner(postgres_url: str) -> None:
    """It is home of nothing, its deliveries are free, and it claims nothing until it has joined anew."""
    first, second = open_store(postgres_url), open_store(postgres_url)
    await first.open()
    await second.open()
    await first.describe(FACTS)
    before = (await first.cluster()).me
    await first.take_homes([SITE])
    delivery = a_delivery()
    await accept(first, delivery)
    await first.heartbeat(-1)
    await second.heartbeat(60)
    assert await claim(first) == []
    assert await second.take_homes([SITE]) == {SITE}
    assert [(node.owner, node.facts.name) for node in (await second.cluster()).nodes] == [(None, "one")]
    assert not await first.heartbeat(60)
    assert (await first.cluster()).me != before
    assert await first.take_homes([SITE]) == set()
    assert await claim(second) == [delivery.id]
    await first.describe(FACTS)
    assert [node.owner for node in (await second.cluster()).nodes] == [(await first.cluster()).me]
    await first.close()
    await second.close()


async def test_only_the_home_moves_due_times(postgres_url: str) -> None:
    """The clocks of other nodes may be right."""
    first, second = open_store(postgres_url), open_store(postgres_url)
    await first.open()
    await second.open()
    here, there = a_delivery(SITE), a_delivery(SEARCH)
    await accept(first, here, there)
    await first.take_homes([SITE])
    await second.take_homes([SEARCH])
    await first.shift_due(-3600.0, now=here.due_at)
    assert (await first.delivery(here.id)).due_at == here.due_at - 3600.0
    assert (await first.delivery(there.id)).due_at == there.due_at
    await first.close()
    await second.close()


async def test_a_node_of_another_version_is_understood(postgres: postgres_server.Server, postgres_url: str) -> None:
    """It may tell more than this program knows, or less."""
    store = open_store(postgres_url)
    await store.open()
    schema = postgres_url.rpartition("=")[2]
    told = '{"name": "newer", "version": "9", "targets": ["webhook:site"], "mood": "good"}'
    postgres.execute(f"SET search_path = {schema}", f"UPDATE owners SET facts = '{told}'")
    (node,) = (await store.cluster()).nodes
    assert node.facts == NodeFacts("newer", "9", targets=frozenset({SITE}))
    await store.close()
