"""Gateways on one PostgreSQL database: each takes events in, each is delivered once, and trouble passes."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path
from secrets import token_urlsafe

import gateways
import pytest
from postgres_server import LocalServer, Server
from structlog.testing import capture_logs
from typer.testing import CliRunner

from cockpit_gateway import DeliveryState
from cockpit_gateway.cli.app import app
from cockpit_gateway.gateway import Gateway
from cockpit_gateway.retention import EVERY
from cockpit_gateway.testing import FakeClock, Receiver, captures

SAVE = captures.capture("collections.save.after").body


def configuration(url: str, receiver: Receiver) -> str:
    return f"""
sources: {{website: {{}}}}
store: {url}
postgres: {{connect_timeout: 1s}}
plugins:
  webhook:
    endpoints:
      site: {{url: "{receiver.url}", events: [collections.save.after], allow_private: true}}
"""


async def start(stack: AsyncExitStack, folder: Path, yaml: str) -> Gateway:
    folder.mkdir()
    running = gateways.running(folder, yaml, server=f"admin_socket: {folder}/data/gateway.sock")
    return await stack.enter_async_context(running)


async def test_two_share_a_database(tmp_path: Path, postgres_url: str, receiver: Receiver) -> None:
    yaml = configuration(postgres_url, receiver)
    async with AsyncExitStack() as stack:
        first = await start(stack, tmp_path / "a", yaml)
        second = await start(stack, tmp_path / "b", yaml)
        for gateway in [first, second] * 5:
            assert (await gateways.post(gateway, SAVE)).status == 202
        await gateways.wait_for(second, DeliveryState.DELIVERED, 10)
        assert len(await gateways.stored(first)) == 10
    assert len(receiver.requests) == 10


@pytest.mark.parametrize("place", ["name", "collection", "id"])
async def test_what_is_longer_than_an_index_takes_is_stored_and_delivered(
    tmp_path: Path, postgres_url: str, receiver: Receiver, place: str
) -> None:
    long = {place: token_urlsafe(9000)}
    name = f"collections.save.after.{long.get('name', 'posts')}"
    entry = {"_id": long.get("id", "1")}
    body = json.dumps({"event": name, "hook": "all", "backend": 1, "args": [long.get("collection", "posts"), entry]})
    yaml = configuration(postgres_url, receiver).replace("[collections.save.after]", "['collections.*'], ordered: true")
    async with AsyncExitStack() as stack:
        gateway = await start(stack, tmp_path / "a", yaml)
        assert (await gateways.post(gateway, body.encode())).status == 202
        await gateways.wait_for(gateway, DeliveryState.DELIVERED)
    assert receiver.requests[0].body == body.encode()


async def test_while_the_server_is_away_cockpit_is_told_to_come_again(tmp_path: Path, receiver: Receiver) -> None:
    with LocalServer.temporary() as server, Server(server.url).place() as url:
        async with AsyncExitStack() as stack:
            gateway = await start(stack, tmp_path / "a", configuration(url, receiver))
            assert (await gateways.post(gateway, SAVE)).status == 202
            await gateways.wait_for(gateway, DeliveryState.DELIVERED)
            await asyncio.to_thread(server.stop, "immediate")
            answer = await gateways.post(gateway, SAVE)
            assert (answer.status, answer.headers["retry-after"].isdigit()) == (503, True)
            await asyncio.to_thread(server.start)
            async with asyncio.timeout(gateways.PATIENCE):
                while (status := (await gateways.post(gateway, SAVE)).status) == 503:
                    await asyncio.sleep(0.1)
            assert status == 202
            await gateways.wait_for(gateway, DeliveryState.DELIVERED, 2)


async def test_a_store_that_is_away_is_told_without_a_traceback(
    tmp_path: Path, postgres_url: str, receiver: Receiver
) -> None:
    clock = FakeClock()
    server = f"admin_socket: {tmp_path}/gateway.sock"
    async with gateways.running(tmp_path, configuration(postgres_url, receiver), clock=clock, server=server) as gateway:
        await gateways.post(gateway, SAVE)
        await gateways.wait_for(gateway, DeliveryState.DELIVERED)
        await gateway.store.close()
        with capture_logs() as logs:
            told = {"upkeep failed, trying again", "cannot delete what is old now, trying again"}
            await gateways.eventually_in_time(clock, lambda: told <= {line["event"] for line in logs}, EVERY)
        assert [line for line in logs if "exc_info" in line] == []


@pytest.mark.parametrize("command", [["check"], ["backup", "x.db"], ["restore", "x.db"]])
def test_commands_for_the_file_say_what_to_use_instead(tmp_path: Path, command: list[str]) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text("sources: {website: {}}\nstore: postgresql://gateway:swordfish@db/gateway\n")
    result = CliRunner().invoke(app, ["store", *command, "--config", str(file)])
    assert result.exit_code != 0
    assert "pg_dump" in str(result.exception)
    assert "swordfish" not in f"{result.exception} {result.output}"
