"""Several gateways on one database: each target has one home, and everything reaches all of them."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from gateways import PATIENCE, eventually, post, running

from cockpit_gateway import Delivery, DeliveryState, Event, Retry, hookimpl
from cockpit_gateway.deliveries import Hold, TargetId
from cockpit_gateway.delivery.homes import UPKEEP
from cockpit_gateway.gateway import Gateway
from cockpit_gateway.nodes import NodeState
from cockpit_gateway.store.postgres import leasing
from cockpit_gateway.store.records import DeliveryFilter
from cockpit_gateway.targets import Breaker, Planned, Target

NAMES = [f"t{number}" for number in range(8)]
KEY = "MHFYWDZ2dDVudm1xMzNtMXM4a2N0MW0="
TARGETS = {TargetId("works", name) for name in NAMES}
BODY = b'{"event":"collections.save.after","hook":"all","backend":1,"args":["posts",{"_id":"%d"},false]}'


class Works:
    """A plugin with eight targets, and a note of what each of its copies was given."""

    def __init__(self, name: str, journal: list[tuple[str, str, str]], failing: set[str], **rules: object) -> None:
        self._name = name
        self._journal = journal
        self._failing = failing
        self._rules = rules
        self.gate = asyncio.Event()
        self.gate.set()
        self.begun = 0

    @hookimpl
    def register_targets(self) -> list[Target]:
        return [Target(name, **self._rules) for name in NAMES]  # type: ignore[arg-type]

    @hookimpl
    def plan_deliveries(self, event: object) -> list[Planned]:
        return [Planned(name, key="one") for name in NAMES]

    @hookimpl
    async def deliver(self, delivery: Delivery, event: Event) -> None:
        self.begun += 1
        await self.gate.wait()
        if delivery.target in self._failing:
            raise Retry(reason="busy")
        self._journal.append((self._name, delivery.target, event.id))


class Nodes:
    """Gateways on one database."""

    def __init__(self, directory: Path, url: str, stack: AsyncExitStack, **rules: object) -> None:
        self._directory = directory
        self._url = url
        self._stack = stack
        self._rules = rules
        self.journal: list[tuple[str, str, str]] = []
        self.failing: set[str] = set()
        self.plugins: dict[str, Works] = {}
        self.gateways: dict[str, Gateway] = {}
        self._stacks: dict[str, AsyncExitStack] = {}

    async def start(self, name: str, more: str = "") -> Gateway:
        plugin = self.plugins[name] = Works(name, self.journal, self.failing, **self._rules)
        directory = self._directory / name
        directory.mkdir(exist_ok=True)
        yaml = (
            f"store: '{self._url}'\nnode: {name}\nsources: {{website: {{}}}}\nencryption: {{keys: [{KEY}]}}\n{more}\n"
        )
        stack = self._stacks[name] = await self._stack.enter_async_context(AsyncExitStack())
        server = f"admin_socket: '{directory}/socket'"
        gateway = await stack.enter_async_context(running(directory, yaml, {"works": plugin}, server=server))
        self.gateways[name] = gateway
        return gateway

    async def stop(self, name: str) -> None:
        await self._stacks.pop(name).aclose()
        del self.gateways[name]

    async def settled(self) -> None:
        """Wait until every target has one home, and each node its share."""
        await eventually(self._is_settled)

    def _is_settled(self) -> bool:
        homes = self.homes()
        return sorted(itertools.chain(*homes.values())) == sorted(TARGETS) and all(
            len(found) == len(TARGETS) / len(homes) for found in homes.values()
        )

    def homes(self) -> dict[str, list[TargetId]]:
        return {
            name: [it for it in TARGETS if gateway.dispatcher.homes.is_here(it) and _holds(gateway, it)]
            for name, gateway in self.gateways.items()
        }

    async def delivered(self, count: int) -> None:
        await eventually(lambda: len(self.journal) >= count)


def _holds(gateway: Gateway, target_id: TargetId) -> bool:
    return gateway.dispatcher.homes.cluster.homes.get(target_id) == gateway.dispatcher.homes.cluster.me


@asynccontextmanager
async def cluster(directory: Path, url: str, *names: str, **rules: object) -> AsyncIterator[Nodes]:
    async with AsyncExitStack() as stack:
        nodes = Nodes(directory, url, stack, **rules)
        for name in names:
            await nodes.start(name)
        yield nodes


def by_target(journal: Iterable[tuple[str, str, str]]) -> dict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for name, target, _ in journal:
        found[target].add(name)
    return found


async def test_each_target_is_delivered_by_its_home_wherever_events_come_in(tmp_path: Path, postgres_url: str) -> None:
    async with cluster(tmp_path, postgres_url, "a", "b") as nodes:
        await nodes.settled()
        for number in range(20):
            gateway = nodes.gateways["ab"[number % 2]]
            assert (await post(gateway, BODY % number)).status == 202
        await nodes.delivered(20 * len(NAMES))
        assert Counter(target for _, target, _ in nodes.journal) == dict.fromkeys(NAMES, 20)
        assert {len(found) for found in by_target(nodes.journal).values()} == {1}
        assert Counter(name for name, _, _ in nodes.journal) == {"a": 80, "b": 80}


async def test_order_is_kept_wherever_events_come_in(tmp_path: Path, postgres_url: str) -> None:
    async with cluster(tmp_path, postgres_url, "a", "b", ordered=True) as nodes:
        await nodes.settled()
        for number in range(20):
            await post(nodes.gateways["ab"[number % 2]], BODY % number)
        await nodes.delivered(20 * len(NAMES))
        for name in NAMES:
            arrived = [event for _, target, event in nodes.journal if target == name]
            assert arrived == sorted(arrived)


async def test_who_stops_gives_its_targets_away_at_once(tmp_path: Path, postgres_url: str) -> None:
    async with cluster(tmp_path, postgres_url, "a", "b") as nodes:
        await nodes.settled()
        kept = set(nodes.homes()["a"])
        await nodes.stop("b")
        await eventually(lambda: set(nodes.homes()["a"]) == TARGETS)
        assert kept <= set(nodes.homes()["a"])
        await post(nodes.gateways["a"], BODY % 1)
        await nodes.delivered(len(NAMES))


async def test_what_waits_moves_with_its_target(tmp_path: Path, postgres_url: str) -> None:
    """What runs comes to its end where it is, and only then does another one begin."""
    async with cluster(tmp_path, postgres_url, "a", concurrency=1) as nodes:
        nodes.plugins["a"].gate.clear()
        for number in range(3):
            await post(nodes.gateways["a"], BODY % number)
        await eventually(lambda: nodes.gateways["a"].dispatcher.running == len(NAMES))
        await nodes.start("b")
        await eventually(lambda: len(nodes.gateways["a"].dispatcher.homes.cluster.nodes) == 2)
        assert nodes.journal == []
        nodes.plugins["a"].gate.set()
        await nodes.delivered(3 * len(NAMES))
        await nodes.settled()
        assert {"a", "b"} == {name for name, _, _ in nodes.journal}
        assert all(count == 3 for count in Counter(target for _, target, _ in nodes.journal).values())


async def test_one_node_holds_for_all(tmp_path: Path, postgres_url: str) -> None:
    async with cluster(tmp_path, postgres_url, "a", "b") as nodes:
        await nodes.settled()
        first, second = nodes.gateways["a"], nodes.gateways["b"]
        (target_id, *_) = nodes.homes()["b"]
        await first.administration.pause(target_id, "later")
        await eventually(lambda: second.dispatcher.held(target_id) == (Hold.PAUSED, "later"))
        await post(first, BODY % 1)
        await nodes.delivered(len(NAMES) - 1)
        await first.administration.resume(target_id)
        await nodes.delivered(len(NAMES))
        assert second.dispatcher.held(target_id) is None


async def test_a_replay_asked_for_anywhere_is_made_at_home(tmp_path: Path, postgres_url: str) -> None:
    async with cluster(tmp_path, postgres_url, "a", "b") as nodes:
        await nodes.settled()
        first = nodes.gateways["a"]
        target_id = nodes.homes()["b"][0]
        await post(first, BODY % 1)
        await nodes.delivered(len(NAMES))
        async with asyncio.timeout(PATIENCE):
            wanted = DeliveryFilter(plugin="works", target=target_id.target, states=(DeliveryState.DELIVERED,))
            while not await first.store.deliveries(wanted):
                await asyncio.sleep(0.01)
        await first.administration.replays.replay(wanted, None, new_ids=False)
        await nodes.delivered(len(NAMES) + 1)
        assert nodes.journal[-1][:2] == ("b", target_id.target)


async def test_upkeep_is_done_by_one(tmp_path: Path, postgres_url: str) -> None:
    async with cluster(tmp_path, postgres_url, "a", "b") as nodes:
        await nodes.settled()
        await eventually(lambda: sum(gateway.dispatcher.homes.keeps_up for gateway in nodes.gateways.values()) == 1)
        await eventually(
            lambda: all(UPKEEP in gateway.dispatcher.homes.cluster.homes for gateway in nodes.gateways.values())
        )


async def test_whose_lease_was_lost_joins_anew(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node that stood still: what it had begun does not count, and it begins nothing until it has joined again."""
    async with cluster(tmp_path, postgres_url, "a", "b", concurrency=1) as nodes:
        await nodes.settled()
        first, second = nodes.gateways["a"], nodes.gateways["b"]
        nodes.plugins["a"].gate.clear()
        for number in range(3):
            await post(second, BODY % number)
        await eventually(lambda: nodes.plugins["a"].begun == len(NAMES) / 2)
        homes, me = first.dispatcher.homes, first.dispatcher.homes.cluster.me
        look = homes.look

        async def stand_still() -> None:
            """Look no more, as a process that is stopped."""

        monkeypatch.setattr(homes, "look", stand_still)
        monkeypatch.setattr(leasing, "COMEBACK", 0.0)
        await first.store.heartbeat(-1)
        await second.dispatcher.homes.look()
        await eventually(lambda: set(nodes.homes()["b"]) == TARGETS)
        await nodes.delivered(3 * len(NAMES))
        assert {name for name, _, _ in nodes.journal} == {"b"}
        monkeypatch.setattr(homes, "look", look)
        await eventually(lambda: homes.cluster.me != me)
        nodes.plugins["a"].gate.set()
        await nodes.settled()
        await eventually(lambda: first.dispatcher.running == 0)
        assert b"lost_leases_total 1.0" in first.metrics.text()
        disowned = [line for line in first.metrics.text().splitlines() if b"disowned_attempts_total" in line]
        assert sum(float(line.split()[-1]) for line in disowned if not line.startswith(b"#")) == len(NAMES) / 2
        for number in range(3, 6):
            await post(first, BODY % number)
        await nodes.delivered(6 * len(NAMES) + len(NAMES) // 2)


async def test_every_node_shows_all_of_them(tmp_path: Path, postgres_url: str) -> None:
    async with cluster(tmp_path, postgres_url, "a", "b") as nodes:
        await nodes.settled()
        for gateway in nodes.gateways.values():
            await eventually(lambda gateway=gateway: len(gateway.dispatcher.homes.cluster.nodes) == 2)  # type: ignore[misc]
            first, second = await gateway.administration.nodes()
            assert [first.facts.name, second.facts.name] == ["a", "b"]
            assert {first.state, second.state} == {NodeState.ALIVE}
            assert {*first.targets, *second.targets} == TARGETS
            assert [first.here, second.here] == [gateway is each for each in nodes.gateways.values()]
            assert first.upkeep is not second.upkeep
            assert not first.differs


async def test_configurations_that_differ_are_told(tmp_path: Path, postgres_url: str) -> None:
    async with cluster(tmp_path, postgres_url, "a") as nodes:
        await nodes.start("b", "retention: {age: 3d}")
        await nodes.settled()
        shown = await nodes.gateways["a"].administration.nodes()
        assert [(node.facts.name, node.differs) for node in shown] == [("a", False), ("b", True)]


async def test_an_endpoint_made_at_one_node_is_there_at_all(tmp_path: Path, postgres_url: str) -> None:
    async with cluster(tmp_path, postgres_url, "a", "b") as nodes:
        made, other = nodes.gateways["a"], nodes.gateways["b"]
        settings = {"url": "https://example.org/in", "events": ["collections.save.after"]}
        await made.administration.endpoints.create("new", settings)
        target_id = TargetId("webhook", "new")
        await eventually(lambda: other.dispatcher.target(target_id) is not None)
        (found,) = await other.administration.endpoints.all()
        await made.administration.endpoints.delete("new", expected=found.version)
        await eventually(lambda: other.dispatcher.target(target_id) is None)


async def test_a_breaker_that_is_open_is_shown_by_all_and_closed_by_any(tmp_path: Path, postgres_url: str) -> None:
    breaker = Breaker(failures=1, wait=600.0)
    async with cluster(tmp_path, postgres_url, "a", "b", breaker=breaker) as nodes:
        await nodes.settled()
        first, second = nodes.gateways["a"], nodes.gateways["b"]
        target_id = nodes.homes()["b"][0]
        nodes.failing.add(target_id.target)
        await post(first, BODY % 1)
        await eventually(lambda: (first.dispatcher.held(target_id) or [None])[0] is Hold.BROKEN)
        nodes.failing.clear()
        await first.administration.enable(target_id)
        await eventually(lambda: second.dispatcher.held(target_id) is None)


async def test_a_reload_reaches_all_and_tells_of_each(tmp_path: Path, postgres_url: str) -> None:
    """Whose text is no file on the disk cannot read it again."""
    async with cluster(tmp_path, postgres_url, "a", "b") as nodes:
        await nodes.settled()
        admin = nodes.gateways["a"].administration
        _, told = await admin.reload_everywhere()
        assert [(node.facts.name, node.facts.problem) for node in told] == [("a", None), ("b", None)]
