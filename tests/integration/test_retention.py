"""The gateway deletes what is old while it runs."""

from __future__ import annotations

from pathlib import Path

import gateways
from brokers import BROKER, Broker, save
from gateways import eventually_in_time, stored, wait_for

from cockpit_gateway import BacklogLimit, DeliveryState, Target
from cockpit_gateway.retention import EVERY
from cockpit_gateway.testing import FakeClock

DAY = 86400.0


async def test_what_has_been_delivered_goes_after_its_time_and_what_waits_stays(tmp_path: Path) -> None:
    clock = FakeClock()
    broker = Broker(Target("queue", backlog=BacklogLimit(age=90 * DAY)))
    async with gateways.running(tmp_path, plugins={"broker": broker}, clock=clock) as gateway:
        await gateways.post(gateway, save("posts", "1"))
        await wait_for(gateway, DeliveryState.DELIVERED)
        await gateway.administration.pause(BROKER, None)
        await gateways.post(gateway, save("posts", "2"))
        clock.let_pass(29 * DAY)
        await gateways.post(gateway, save("posts", "3"))
        assert len(await stored(gateway)) == 3
        clock.let_pass(2 * DAY)
        await eventually_in_time(clock, lambda: b"events_pruned_total 1.0" in gateway.metrics.text(), EVERY)
        assert [event.subjects for event in await stored(gateway)] == [
            ("collections/posts/2",),
            ("collections/posts/3",),
        ]


async def test_no_more_is_kept_than_is_wanted(tmp_path: Path) -> None:
    clock = FakeClock()
    yaml = gateways.MINIMAL + "retention: {rows: 2}\n"
    async with gateways.running(tmp_path, yaml, clock=clock) as gateway:
        for number in range(5):
            await gateways.post(gateway, save("posts", str(number)))
        await eventually_in_time(clock, lambda: b"events_pruned_total 3.0" in gateway.metrics.text(), EVERY)
        assert [event.seq for event in await stored(gateway)] == [4, 5]
