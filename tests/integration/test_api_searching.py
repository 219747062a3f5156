"""The API ends a long search early and says where it goes on; the command line goes on by itself."""

from __future__ import annotations

import json
from pathlib import Path

import aiohttp
import pytest
from console_kit import API, SEE

from cockpit_gateway.store import steps
from cockpit_gateway.testing import GatewayTester


async def test_a_long_search_ends_early_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "EVENTS_LOOKED_AT", 2)
    async with GatewayTester(tmp_path, f"{API}\nsources: {{website: {{}}}}\n") as gateway:
        first = await gateway.fire("collections.remove.after", name="authors")
        for _ in range(4):
            await gateway.fire("collections.remove.after", name="posts")
        found: list[str] = []
        searched: list[object] = []
        cursor: dict[str, str] = {}
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {SEE}"}) as session:
            while True:
                query = {"subject": "collections/authors", **cursor}
                url = f"{gateway.gateway.listeners.api_address}/api/v1/events"
                async with session.get(url, params=query) as answer:
                    page = json.loads(await answer.read())
                found += [event["id"] for event in page["events"]]
                searched.append(page["searched_to"])
                if page["next"] is None:
                    break
                cursor = {"cursor": page["next"]}
    assert found == [first.id]
    assert [moment is None for moment in searched] == [False, False, True]
