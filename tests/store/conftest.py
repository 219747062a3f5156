from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from cockpit_gateway.store import open_store
from cockpit_gateway.store.port import Store


@pytest.fixture(params=["sqlite"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store, of each engine in turn."""
    return f"{request.param}:{tmp_path / 'gateway.db'}"


@pytest.fixture
async def store(store_url: str) -> AsyncGenerator[Store]:
    """An open store, of each engine in turn."""
    opened = open_store(store_url)
    await opened.open()
    yield opened
    await opened.close()
