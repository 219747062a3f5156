"""The PostgreSQL engine, and a look into its database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from store_data import Look, OpenAnother

from cockpit_gateway.store.postgres.engine import PostgresStore


@pytest.fixture
async def open_another(postgres_url: str) -> AsyncIterator[OpenAnother]:
    """Return what opens one more store on the same database."""
    opened: list[PostgresStore] = []

    async def open_it() -> PostgresStore:
        store = PostgresStore(postgres_url)
        await store.open()
        opened.append(store)
        return store

    yield open_it
    for store in opened:
        await store.close()


@pytest.fixture
async def postgres_store(open_another: OpenAnother) -> PostgresStore:
    return await open_another()


@pytest.fixture
async def look(postgres_url: str) -> AsyncIterator[Look]:
    """Return what runs a query on the database, beside the stores."""
    connection = await asyncpg.connect(postgres_url)

    async def query(sql: str, *values: object) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await connection.fetch(sql, *values)]

    yield query
    await connection.close()
