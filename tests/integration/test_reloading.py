"""Reloading: all of a new configuration is in force, or none of it; and nothing is lost meanwhile."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import gateways
import pytest
import structlog

from cockpit_gateway.config import ConfigFile
from cockpit_gateway.config.problems import render_path
from cockpit_gateway.deliveries import DeliveryState, Hold, TargetId
from cockpit_gateway.errors import ConfigError, ConflictError, PluginError
from cockpit_gateway.gateway import Gateway
from cockpit_gateway.reloading import Reload
from cockpit_gateway.testing import GatewayTester, Receiver
from cockpit_gateway.testing.captures import capture

SAVE = capture("collections.save.after").body
SEARCH = TargetId("webhook", "search")


def search(url: str, more: str = "") -> str:
    return (
        "sources: {website: {}}\n"
        f"plugins: {{webhook: {{endpoints: {{search: {{url: '{url}', allow_private: true, "
        f"events: [collections.save.after], {more}}}}}}}}}\n"
    )


async def reload(gateway: GatewayTester, yaml: str) -> Reload:
    return await gateway.reload(yaml)


def names(changes: Any) -> set[str]:
    return {render_path(change.path) for change in changes}


async def test_a_source_is_let_in_and_another_one_is_not_any_more(tmp_path: Path) -> None:
    async with GatewayTester(tmp_path, "sources: {website: {}}") as gateway:
        done = await reload(gateway, "sources: {shop: {}}")
        assert (names(done.changes), done.deferred) == ({"sources.website", "sources.shop"}, [])
        assert (await gateways.post(gateway.gateway, SAVE, "/cockpit/shop")).status == 202
        assert (await gateways.post(gateway.gateway, SAVE, "/cockpit/website")).status == 404


async def test_the_rate_of_a_source_that_stays_goes_on(tmp_path: Path) -> None:
    async with GatewayTester(tmp_path, "sources: {website: {rate: 1/h}}") as gateway:
        assert (await gateways.post(gateway.gateway, SAVE)).status == 202
        await reload(gateway, "sources: {website: {rate: 1/h}, shop: {}}")
        assert (await gateways.post(gateway.gateway, SAVE)).status == 429


async def test_the_next_attempt_goes_to_the_new_url(tmp_path: Path, receiver: Receiver) -> None:
    async with GatewayTester(tmp_path, search("http://127.0.0.1:1/", "retry: [0s, 1h]")) as gateway:
        await gateway.fire("collections.save.after")
        await gateway.settled()
        await reload(gateway, search(receiver.url, "retry: [0s, 1h]"))
        await gateway.let_pass(3 * 3600)
        assert len(receiver.requests) == 1


async def test_a_new_url_is_no_longer_paused_and_its_breaker_is_closed(tmp_path: Path, receiver: Receiver) -> None:
    failing = search("http://127.0.0.1:1/", "breaker: {failures: 1, wait: 1h}, retry: [0s, 10s]")
    async with GatewayTester(tmp_path, failing) as gateway:
        await gateway.fire("collections.save.after")
        await gateway.settled()
        assert gateway.gateway.dispatcher.held(SEARCH) is not None
        await gateway.gateway.administration.pause(SEARCH, None)
        await reload(gateway, search(receiver.url))
        assert gateway.gateway.dispatcher.held(SEARCH) is None
        await gateway.let_pass(60)
        assert len(receiver.requests) == 1


async def test_what_stays_keeps_its_breaker(tmp_path: Path) -> None:
    failing = search("http://127.0.0.1:1/", "breaker: {failures: 1, wait: 1h}")
    async with GatewayTester(tmp_path, failing) as gateway:
        await gateway.fire("collections.save.after")
        await gateway.settled()
        await reload(gateway, failing + "retention: {age: 7d}\n")
        held = gateway.gateway.dispatcher.held(SEARCH)
        assert held is not None
        assert held[0] is Hold.BROKEN


async def test_a_removed_endpoint_is_held_and_goes_on_when_it_is_back(tmp_path: Path, receiver: Receiver) -> None:
    async with GatewayTester(tmp_path, search("http://127.0.0.1:1/", "retry: [0s, 1s, 1s]")) as gateway:
        await gateway.fire("collections.save.after")
        await gateway.settled()
        await reload(gateway, "sources: {website: {}}")
        await gateway.let_pass(3600)
        report = await gateway.gateway.administration.target(SEARCH)
        assert (report.state, report.pending) == (Hold.NO_TARGET, 1)
        await reload(gateway, search(receiver.url))
        [delivery] = await gateway.settled()
        assert delivery.state is DeliveryState.DELIVERED


async def test_nothing_is_lost_or_sent_twice_under_load(tmp_path: Path, receiver: Receiver) -> None:
    rounds, posted = 10, 0
    async with gateways.running(tmp_path, search(receiver.url)) as gateway:

        async def post() -> None:
            nonlocal posted
            while not ended.is_set():
                assert (await gateways.post(gateway, SAVE)).status == 202
                posted += 1

        ended = asyncio.Event()
        async with asyncio.TaskGroup() as load:
            for _ in range(4):
                load.create_task(post())
            for number in range(rounds):
                before = posted
                text = _placed(tmp_path, search(receiver.url, f"timeout: {number + 1}s, concurrency: {number + 1}"))
                await gateway.reload(ConfigFile.from_text(text, "test.yaml"))
                await gateways.eventually(lambda before=before: posted >= before + 10)
            ended.set()
        await gateways.wait_for_all(gateway, DeliveryState.DELIVERED, posted)
    ids = [request.headers["webhook-id"] for request in receiver.requests]
    assert len(ids) == len(set(ids)) == posted


def _placed(tmp_path: Path, yaml: str) -> str:
    return f"server: {{listen: '127.0.0.1:0', grace: 2s}}\nstore: sqlite:{tmp_path}/gateway.db\n{yaml}"


MISTAKES = (
    "sources: []",
    "origins: {}",
    "sources: {website: {tokens: ['${NOT_SET_ANYWHERE}']}}",
    "sources: {website: {rate: fast}}",
    "sources: {website: {}}\nplugins: {nothing: {}}",
    "sources: {website: {}}\nplugins: {webhook: {endpoints: {x: {}}}}",
    "sources: {website: {}}\nlog: {level: loud}",
    "sources: {website: {}}\nsources: {shop: {}}",
    "sources: {website: {}}\nserver: {listen: 0.0.0.0:80}",
    "sources: {website: {}}\nplugins_dir: /nowhere/to/be/found",
)


@pytest.mark.parametrize("yaml", MISTAKES)
async def test_a_file_with_a_mistake_changes_nothing(tmp_path: Path, receiver: Receiver, yaml: str) -> None:
    async with GatewayTester(tmp_path, search(receiver.url)) as gateway:
        before = gateway.gateway.administration.reload_state()
        with pytest.raises((ConfigError, PluginError)) as refused:
            await reload(gateway, yaml)
        state = gateway.gateway.administration.reload_state()
        assert (state.problem, state.digest) == (str(refused.value), before.digest)
        assert b"config_last_reload_successful 0.0" in gateway.gateway.metrics.text()
        await gateway.fire("collections.save.after")
        assert [delivery.state for delivery in await gateway.settled()] == [DeliveryState.DELIVERED]
        await reload(gateway, search(receiver.url))
        assert gateway.gateway.administration.reload_state().problem is None
        assert b"config_last_reload_successful 1.0" in gateway.gateway.metrics.text()


async def test_what_needs_a_restart_says_so_until_there_was_one(tmp_path: Path) -> None:
    async with GatewayTester(tmp_path, "sources: {website: {}}") as gateway:
        changed = "server: {max_body: 1 MiB, grace: 3s}\ncustom_events: [shop.*]\nsources: {website: {}}\n"
        changed += "disabled_plugins: [slack]\napi: {clients: {me: {token: sixteen-or-more-characters}}}"
        for _ in range(2):
            done = await reload(gateway, changed)
            assert names(done.deferred) == {"server.max_body", "server.grace", "custom_events", "disabled_plugins"}
        assert (names(done.changes), gateway.gateway.settings.server.grace) == (set(), 2.0)
        assert list(gateway.gateway.settings.api.clients) == ["me"]
        assert names(gateway.gateway.administration.reload_state().deferred) == names(done.deferred)
        done = await reload(gateway, "sources: {website: {}}")
        assert done.deferred == []


async def test_a_file_that_an_endpoint_of_the_store_does_not_fit_into(tmp_path: Path, receiver: Receiver) -> None:
    async with GatewayTester(tmp_path, "sources: {website: {}, shop: {}}") as gateway:
        endpoints = gateway.gateway.administration.endpoints
        document = {"url": receiver.url, "allow_private": True, "events": ["error"], "sources": ["shop"]}
        await endpoints.create("search", document)
        with pytest.raises(ConfigError, match=r"plugins\.webhook\.endpoints\.search\.sources\[0\]: there is no source"):
            await reload(gateway, "sources: {website: {}}")
        with pytest.raises(ConfigError, match="the configuration file has an endpoint of this name"):
            await reload(gateway, search(receiver.url).replace("{website: {}}", "{website: {}, shop: {}}"))
        await reload(gateway, "sources: {shop: {}}")
        assert gateway.gateway.dispatcher.target(SEARCH) is not None


async def test_nothing_is_reloaded_before_the_start_and_after_the_end(tmp_path: Path) -> None:
    tester = GatewayTester(tmp_path)
    with pytest.raises(ConflictError, match="no gateway is running"):
        await tester.gateway.reload()
    async with tester:
        pass
    gateway: Gateway = tester.gateway
    assert gateway.unready() == "stopping"


async def test_new_secrets_and_old_ones_are_hidden(tmp_path: Path) -> None:
    async with GatewayTester(tmp_path, "sources: {website: {tokens: [old-swordfish]}}") as gateway:
        await reload(gateway, "sources: {website: {tokens: [new-sesame]}}")
        assert gateway.gateway.hide("old-swordfish and new-sesame") == "*** and ***"


async def test_what_is_different_is_logged(tmp_path: Path) -> None:
    async with GatewayTester(tmp_path, "sources: {website: {}}") as gateway:
        with structlog.testing.capture_logs() as lines:
            await reload(gateway, "sources: {website: {}, shop: {}}\nserver: {max_body: 1 MiB}")
    told = {line["event"]: line for line in lines}
    assert told["reloaded"]["changes"] == ["sources.shop"]
    assert told["changes wait for `cockpit-gateway restart`"]["settings"] == ["server.max_body"]
