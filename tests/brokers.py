"""A plugin that delivers to a target of its own, and the events that go there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import orjson

from cockpit_gateway import Delivery, Event, Planned, Response, Target, hookimpl
from cockpit_gateway.deliveries import TargetId

BROKER = TargetId("broker", "queue")


def save(collection: str, entry: str) -> bytes:
    return orjson.dumps({"event": "collections.save.after", "args": [collection, {"_id": entry}, True]})


def remove(collection: str) -> bytes:
    return orjson.dumps({"event": "collections.remove.after", "args": [collection, 1]})


class Broker:
    """A transport with one target, whose deliveries a test can fail, hold or follow."""

    def __init__(self, target: Target, planned: Sequence[Planned] = (Planned("queue"),)) -> None:
        self.target = target
        self.planned = planned
        self.subjects: list[str] = []
        self.failures: list[Exception] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.running = 0
        self.most_running = 0
        self.times: list[float] = []

    @hookimpl
    def register_targets(self) -> list[Target]:
        return [self.target]

    @hookimpl
    def plan_deliveries(self, event: Event) -> Sequence[Planned]:
        return self.planned if event.collection else []

    @hookimpl
    async def deliver(self, delivery: Delivery, event: Event) -> Response:
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            await self.gate.wait()
            if self.failures:
                raise self.failures.pop(0)
            self.subjects.append(event.subjects[0])
            self.times.append(time.monotonic())
        finally:
            self.running -= 1
        return Response(None, body=delivery.target.encode())
