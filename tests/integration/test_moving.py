"""A gateway whose store has moved into a database goes on where it was."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from gateways import deliveries, post, running, stored, wait_for
from typer.testing import CliRunner

from cockpit_gateway import DeliveryState
from cockpit_gateway.cli.app import app
from cockpit_gateway.deliveries import Hold, TargetId
from cockpit_gateway.testing import Receiver, captures

SAVE = captures.capture("collections.save.after").body
SITE = TargetId("webhook", "site")


async def test_it_delivers_what_was_pending_and_shows_what_was_stored(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Receiver() as receiver:
        yaml = f"""
sources: {{website: {{}}}}
plugins:
  webhook:
    endpoints:
      site: {{url: "{receiver.url}", events: [collections.save.after], allow_private: true}}
"""
        async with running(tmp_path / "before", f"store: sqlite:{tmp_path}/gateway.db\n{yaml}") as gateway:
            document = {"url": receiver.url, "events": ["collections.save.after"], "allow_private": True}
            await gateway.administration.endpoints.create("made-here", document)
            await gateway.administration.pause(SITE, "moving")
            for _ in range(3):
                assert (await post(gateway, SAVE)).status == 202
            await wait_for(gateway, DeliveryState.DELIVERED, 3)
            before = [event.id for event in await stored(gateway)]
            waiting = {found.id for found in await deliveries(gateway) if found.state is DeliveryState.PENDING}
        moving = ["store", "migrate", "--from", f"sqlite:{tmp_path}/gateway.db", "--to", postgres_url]
        moved = await asyncio.to_thread(CliRunner().invoke, app, moving)
        assert moved.exit_code == 0, moved
        assert f"{tmp_path}/gateway.key alone: copy it to data/gateway.key" in moved.stdout
        Path("data").mkdir()
        shutil.copy("gateway.key", "data/gateway.key")
        async with running(tmp_path / "after", f"store: {postgres_url}\n{yaml}") as gateway:
            assert [event.id for event in await stored(gateway)] == before
            held = {state.target_id: state.held for state in await gateway.store.target_states()}
            assert held[SITE] is Hold.PAUSED
            assert (await post(gateway, SAVE)).status == 202
            await wait_for(gateway, DeliveryState.DELIVERED, 4)
            await gateway.administration.resume(SITE)
            await wait_for(gateway, DeliveryState.DELIVERED, 8)
            assert waiting <= {found.id for found in await deliveries(gateway)}
            assert [event.seq for event in await stored(gateway)] == [1, 2, 3, 4]
    sent = [request.headers["webhook-id"] for request in receiver.requests]
    assert len(sent) == len(set(sent)) == 8
    assert waiting <= set(sent)
