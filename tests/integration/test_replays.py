"""Replays and cancellations through the admin API of a running gateway."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp
import gateways
import orjson
import pytest
from gateways import deliveries, wait_for

from cockpit_gateway import Delivery, DeliveryState, Drop, Event, Planned, Reject, Target, hookimpl
from cockpit_gateway.gateway import Gateway


def save(entry: str) -> bytes:
    return orjson.dumps({"event": "collections.save.after", "args": ["posts", {"_id": entry}, True]})


class Broker:
    """Two targets, of which one rejects everything until it is repaired."""

    def __init__(self) -> None:
        self.sick = True
        self.planned: Sequence[Planned] = (Planned("sick"), Planned("well"))
        self.ids: list[str] = []

    @hookimpl
    def register_targets(self) -> list[Target]:
        return [Target("sick", ordered=True), Target("well"), Target("new")]

    @hookimpl
    def filter_event(self, event: Event) -> None:
        if event.subjects == ("collections/posts/dropped",):
            raise Drop("not wanted")

    @hookimpl
    def plan_deliveries(self, event: Event) -> Sequence[Planned]:
        if event.subjects == ("collections/posts/broken",) and len(self.planned) == 1:
            raise ValueError("boom")
        return self.planned

    @hookimpl
    async def deliver(self, delivery: Delivery) -> None:
        if delivery.target == "sick" and self.sick:
            raise Reject("sick")
        self.ids.append(delivery.id)


async def ask(gateway: Gateway, directory: Path, method: str, path: str) -> tuple[int, dict[str, Any]]:
    connector = aiohttp.UnixConnector(str(directory / "gateway.sock"))
    async with (
        aiohttp.ClientSession("http://localhost", connector=connector) as session,
        session.request(method, f"/api/v1/{path}") as response,
    ):
        return response.status, await response.json(content_type=None)


async def test_dead_letters_are_previewed_and_replayed(tmp_path: Path) -> None:
    broker = Broker()
    async with gateways.running(tmp_path, plugins={"broker": broker}) as gateway:
        for entry in ("1", "2", "1"):
            await gateways.post(gateway, save(entry))
        dead = await wait_for(gateway, DeliveryState.DEAD, 3)
        await wait_for(gateway, DeliveryState.DELIVERED, 3)
        broker.sick = False
        await ask(gateway, tmp_path, "POST", f"deliveries/replay?id={dead[0].id}")
        await wait_for(gateway, DeliveryState.DELIVERED, 4)
        _, preview = await ask(gateway, tmp_path, "GET", "deliveries/replay?plugin=broker")
        status, step = await ask(gateway, tmp_path, "POST", "deliveries/replay?plugin=broker")
        await wait_for(gateway, DeliveryState.DELIVERED, 6)
    [found] = preview["found"]
    assert (found["target"], found["state"], found["deliveries"], found["overtaken"]) == ("sick", "dead", 2, 1)
    assert (status, step) == (200, {"changed": 2, "skipped": 0, "next": None})
    assert {delivery.id for delivery in dead} <= set(broker.ids)


async def test_under_new_ids(tmp_path: Path) -> None:
    broker = Broker()
    async with gateways.running(tmp_path, plugins={"broker": broker}) as gateway:
        await gateways.post(gateway, save("1"))
        [dead] = await wait_for(gateway, DeliveryState.DEAD)
        broker.sick = False
        await ask(gateway, tmp_path, "POST", "deliveries/replay?new_id=true")
        await wait_for(gateway, DeliveryState.DELIVERED, 2)
        [old] = await wait_for(gateway, DeliveryState.SUPERSEDED)
    assert old.id == dead.id
    assert old.superseded_by in broker.ids
    assert old.id not in broker.ids


async def test_stored_events_go_through_todays_configuration(tmp_path: Path) -> None:
    broker = Broker()
    async with gateways.running(tmp_path, plugins={"broker": broker}) as gateway:
        for entry in ("1", "2", "dropped", "broken"):
            await gateways.post(gateway, save(entry))
        await wait_for(gateway, DeliveryState.DEAD, 3)
        await wait_for(gateway, DeliveryState.DELIVERED, 3)
        before = len(await deliveries(gateway))
        broker.planned = (Planned("new"), Planned("well"))
        _, preview = await ask(gateway, tmp_path, "GET", "events/replay")
        assert len(await deliveries(gateway)) == before
        broker.planned = (Planned("new"),)
        _, made = await ask(gateway, tmp_path, "POST", f"events/replay?cursor={preview['begin']}")
        await wait_for(gateway, DeliveryState.DELIVERED, 5)
    counts = {found["target"]: (found["deliveries"], found["repeated"]) for found in preview["targets"]}
    assert counts == {"new": (3, 0), "well": (3, 3)}
    assert (preview["events"], preview["done"], preview["next"], preview["failed"]) == (4, 1.0, None, {})
    assert {found["target"]: found["deliveries"] for found in made["targets"]} == {"new": 2}
    assert made["failed"] == {"broker": 1}


async def test_events_are_replayed_to_one_target_alone(tmp_path: Path) -> None:
    async with gateways.running(tmp_path, plugins={"broker": Broker()}) as gateway:
        await gateways.post(gateway, save("1"))
        _, made = await ask(gateway, tmp_path, "POST", "events/replay?plugin=broker&target=well")
        await wait_for(gateway, DeliveryState.DELIVERED, 2)
    assert [found["target"] for found in made["targets"]] == ["well"]


async def test_a_backlog_is_cancelled(tmp_path: Path) -> None:
    async with gateways.running(tmp_path, plugins={"broker": Broker()}) as gateway:
        await gateways.post(gateway, save("1"))
        await wait_for(gateway, DeliveryState.DEAD)
        _, step = await ask(gateway, tmp_path, "POST", "deliveries/cancel?state=dead")
        await wait_for(gateway, DeliveryState.CANCELLED)
    assert step["changed"] == 1


@pytest.mark.parametrize(
    ("path", "status", "detail"),
    [
        ("deliveries/replay?state=gone", 400, "state: expected 'pending', 'running'"),
        ("deliveries/replay?since=2h", 400, "since: expected a time like"),
        ("deliveries/replay?since=2026-01-01T00:00:00", 400, "since: expected a time like"),
        ("deliveries/replay?since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z", 400, "is not before until"),
        ("deliveries/replay?" + "&".join(["id=x"] * 101), 400, "id: expected at most 100 items, not 101"),
        ("deliveries/replay?id=none", 404, "there is no delivery none"),
        ("deliveries/replay?target=none", 404, "there is no endpoint none"),
        ("deliveries/cancel?state=delivered", 400, "only pending and dead"),
        ("events/replay?cursor=1-2", 400, "cursor: a cursor is the `next`"),
        ("events/replay?cursor=1-2-x", 400, "cursor: a cursor is the `next`"),
        ("events/replay?id=none", 404, "there is no event none"),
        ("events/replay?target=well", 400, "plugin and target are given together"),
        ("events/replay?plugin=broker&target=none", 404, "there is no endpoint broker:none"),
    ],
)
async def test_what_cannot_be_done_is_a_problem(tmp_path: Path, path: str, status: int, detail: str) -> None:
    async with gateways.running(tmp_path, plugins={"broker": Broker()}) as gateway:
        answered, problem = await ask(gateway, tmp_path, "GET", path)
        answered_flag, _ = await ask(gateway, tmp_path, "POST", "deliveries/replay?new_id=yes")
    assert (answered, problem["status"], answered_flag) == (status, status, 400)
    assert detail in problem["detail"]
