"""Endpoints that were made while the gateway ran: kept as they are, and changed only by whoever saw them."""

from __future__ import annotations

import pytest
from stores import NOW, MakeStore

from cockpit_gateway.errors import ConflictError
from cockpit_gateway.store.port import Store


async def test_they_are_kept_by_name(store: Store) -> None:
    await store.put_endpoint("search", b"\x00sealed", expected=None, now=NOW)
    await store.put_endpoint("builds", b"", expected=None, now=NOW + 1)
    builds, search = await store.endpoints()
    assert (builds.name, search.name) == ("builds", "search")
    assert (search.sealed, search.created_at, search.changed_at) == (b"\x00sealed", NOW, NOW)
    assert builds.version != search.version


async def test_a_change_has_another_version(store: Store) -> None:
    await store.put_endpoint("search", b"1", expected=None, now=NOW)
    [first] = await store.endpoints()
    await store.put_endpoint("search", b"2", expected=first.version, now=NOW + 1)
    [second] = await store.endpoints()
    assert (second.sealed, second.created_at, second.changed_at) == (b"2", NOW, NOW + 1)
    assert second.version != first.version


async def test_a_name_is_taken_once(store: Store) -> None:
    await store.put_endpoint("search", b"1", expected=None, now=NOW)
    with pytest.raises(ConflictError, match="there is an endpoint 'search' already"):
        await store.put_endpoint("search", b"2", expected=None, now=NOW)


async def test_what_was_changed_meanwhile_is_left_alone(store: Store) -> None:
    await store.put_endpoint("search", b"1", expected=None, now=NOW)
    [seen] = await store.endpoints()
    await store.put_endpoint("search", b"2", expected=seen.version, now=NOW)
    for change in (
        store.put_endpoint("search", b"3", expected=seen.version, now=NOW),
        store.remove_endpoint("search", expected=seen.version),
    ):
        with pytest.raises(ConflictError, match="has been changed meanwhile; look at it again"):
            await change
    assert [found.sealed for found in await store.endpoints()] == [b"2"]


async def test_what_was_deleted_meanwhile_does_not_come_back(store: Store) -> None:
    await store.put_endpoint("search", b"1", expected=None, now=NOW)
    [seen] = await store.endpoints()
    await store.remove_endpoint("search", expected=seen.version)
    for change in (
        store.put_endpoint("search", b"3", expected=seen.version, now=NOW),
        store.remove_endpoint("search", expected=seen.version),
    ):
        with pytest.raises(ConflictError, match="has been deleted meanwhile"):
            await change
    assert await store.endpoints() == []


async def test_a_version_does_not_come_again(store: Store) -> None:
    await store.put_endpoint("search", b"1", expected=None, now=NOW)
    [seen] = await store.endpoints()
    await store.remove_endpoint("search", expected=seen.version)
    await store.put_endpoint("search", b"1", expected=None, now=NOW)
    with pytest.raises(ConflictError):
        await store.remove_endpoint("search", expected=seen.version)


async def test_they_are_there_after_the_next_start(make_store: MakeStore) -> None:
    first = make_store()
    await first.open()
    await first.put_endpoint("search", b"1", expected=None, now=NOW)
    await first.close()
    second = make_store()
    await second.open()
    assert [found.name for found in await second.endpoints()] == ["search"]
    await second.close()
