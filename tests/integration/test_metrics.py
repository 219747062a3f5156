from __future__ import annotations

import asyncio
from pathlib import Path

import gateways
import pytest
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families
from promtool import promtool

from cockpit_gateway import DeliveryState, Retry, hookimpl
from cockpit_gateway.config import ConfigFile
from cockpit_gateway.errors import ConfigError, StoreUnavailableError
from cockpit_gateway.gateway import Gateway

SAVE = b'{"event": "collections.save.after", "args": ["posts", {"_id": "1"}, true]}'
OPENMETRICS = "application/openmetrics-text; version=1.0.0,text/plain;version=0.0.4;q=0.5"
RULES = """
sources: {website: {}}
plugins:
  busy: {handlers: {retry: [0s, 1h]}}
"""


class Busy:
    """Fails in all the ways, one after the other."""

    def __init__(self) -> None:
        self.failures: list[Exception] = [Retry("later"), ValueError("a bug")]

    @hookimpl
    def collections_save_after(self) -> None:
        if self.failures:
            raise self.failures.pop()


async def scrape(gateway: Gateway, accept: str = "") -> gateways.Answer:
    return await gateways.raw(gateway, f"GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\n\r\n".encode())


def families(answer: gateways.Answer) -> dict[str, Metric]:
    return {family.name: family for family in text_string_to_metric_families(answer.body.decode())}


async def values(gateway: Gateway) -> dict[tuple[str, ...], float]:
    """Return what is scraped: by a series' name and the values of its labels in the order of their names."""
    return {
        (sample.name.removeprefix("cockpit_gateway_"), *(sample.labels[name] for name in sorted(sample.labels))): (
            sample.value
        )
        for family in families(await scrape(gateway)).values()
        for sample in family.samples
    }


async def test_an_event_is_counted_all_its_way(tmp_path: Path) -> None:
    async with gateways.running(tmp_path, RULES, {"busy": Busy()}) as gateway:
        before = await values(gateway)
        for _ in range(3):
            await gateways.post(gateway, SAVE)
        await gateways.wait_for(gateway, DeliveryState.DELIVERED, 1)
        async with asyncio.timeout(gateways.PATIENCE):
            while (found := await values(gateway))["attempts_running", "busy", "collections_save_after"]:
                await asyncio.sleep(0.005)
    target = ("busy", "collections_save_after")
    assert before.keys() <= found.keys()
    assert before["attempt_failures_total", "busy", "raised", "collections_save_after"] == 0
    assert before["hook_seconds_count", "collections_save_after", "busy"] == 0
    for name, expected in {
        ("events_total", "stored", "website"): 3,
        ("ack_seconds_count", "website"): 3,
        ("ingest_seconds_count",): 3,
        ("commit_seconds_count",): 3,
        ("attempts_total", "delivered", *target): 1,
        ("attempts_total", "retry", *target): 2,
        ("attempt_failures_total", "busy", "raised", "collections_save_after"): 1,
        ("attempt_failures_total", "busy", "asked_to_retry", "collections_save_after"): 1,
        ("attempt_seconds_count", *target): 3,
        ("delivery_seconds_count", *target): 1,
        ("hook_seconds_count", "collections_save_after", "busy"): 3,
        ("hook_failures_total", "collections_save_after", "busy"): 1,
        ("backlog_deliveries", *target): 2,
        ("backlog_bytes", *target): 2 * len(SAVE),
        ("plugin_stuck", "busy"): 0,
        ("ready",): 1,
    }.items():
        assert found[name] == expected, name
    assert found["store_transaction_jobs_sum",] >= 3
    assert found["store_size_bytes",] > 0
    assert found["store_disk_free_bytes",] > 0
    assert found["process_resident_memory_bytes",] > 0
    assert found["backlog_overdue_seconds", *target] == 0


async def test_openmetrics_if_it_is_asked_for(tmp_path: Path) -> None:
    async with gateways.running(tmp_path) as gateway:
        plain, open_metrics = await scrape(gateway), await scrape(gateway, OPENMETRICS)
    assert plain.headers["content-type"].startswith("text/plain; version=")
    assert open_metrics.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    names = {family.name for family in parse_openmetrics(open_metrics.body.decode())}
    assert "cockpit_gateway_events" in names


async def test_promtool_finds_nothing_to_improve(tmp_path: Path) -> None:
    async with gateways.running(tmp_path, RULES, {"busy": Busy()}) as gateway:
        await gateways.post(gateway, SAVE)
        text = (await scrape(gateway)).body
    assert promtool("check", "metrics", given=text) == ""


async def test_what_takes_long_to_count_is_not_counted_for_a_scrape_or_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with gateways.running(tmp_path, RULES, {"busy": Busy()}) as gateway:
        await gateways.post(gateway, SAVE)
        await gateways.wait_for(gateway, DeliveryState.PENDING)
        counted = await gateway.dispatcher.backlog()
        monkeypatch.setattr("cockpit_gateway.delivery.waiting.MOST_COUNTED", 0)
        asked: list[object] = []
        monkeypatch.setattr(gateway.store, "backlog", lambda: asked.append(1))
        assert await gateway.dispatcher.backlog() == counted
        assert sum(report.pending for report in await gateway.administration.targets()) == 1
        assert not asked


ENDPOINTS = """
sources: {{{source}: {{}}}}
plugins:
  webhook:
    endpoints:
      {endpoint}: {{url: "https://search.example.org/", events: [collections.save.after]}}
"""


async def test_a_reload_brings_series_and_takes_those_of_what_is_gone(tmp_path: Path) -> None:
    def file(source: str, endpoint: str) -> ConfigFile:
        return ConfigFile.from_text(ENDPOINTS.format(source=source, endpoint=endpoint), "gateway.yaml")

    async with gateways.running(tmp_path, ENDPOINTS.format(source="website", endpoint="search")) as gateway:
        before = await values(gateway)
        await gateway.reload(file("shop", "build"))
        after = await values(gateway)
        with pytest.raises(ConfigError):
            await gateway.reload(ConfigFile.from_text("sources: 1", "gateway.yaml"))
        failed = await values(gateway)
    assert before["attempts_total", "retry", "webhook", "search"] == 0
    assert ("attempts_total", "retry", "webhook", "build") not in before
    assert after["attempts_total", "retry", "webhook", "build"] == 0
    assert after["ack_seconds_count", "shop"] == after["events_total", "stored", "shop"] == 0
    assert not [name for name in after if "search" in name or "website" in name]
    worked = ("config_last_reload_successful",)
    assert (before[worked], after[worked], failed[worked]) == (1, 1, 0)


async def test_a_store_that_cannot_be_asked_keeps_nothing_else_from_being_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse() -> None:
        raise StoreUnavailableError("disk I/O error")

    async with gateways.running(tmp_path) as gateway:
        before = await values(gateway)
        monkeypatch.setattr(gateway.store, "measure", refuse)
        answer, after = await scrape(gateway), await values(gateway)
    assert answer.status == 200
    assert after["store_size_bytes",] == before["store_size_bytes",] > 0
    assert after["ready",] == 1
