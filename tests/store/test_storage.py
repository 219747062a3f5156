"""What plugins keep: JSON by plugin and key, there again after the next start."""

from __future__ import annotations

import pytest
from stores import MakeStore

from cockpit_gateway.errors import StorageError
from cockpit_gateway.events import JSONValue
from cockpit_gateway.storage import KEYS_AT_ONCE, LARGEST_VALUE, PluginStorage
from cockpit_gateway.store.port import Store


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        1.5,
        2**53,
        "text \x00 \ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
        [],
        {"a": [{}]},
    ],
)
async def test_any_json_is_kept(store: Store, value: JSONValue) -> None:
    kept = PluginStorage("search", store)
    await kept.set("key", value)
    assert await kept.get("key", "nothing") == value


async def test_what_was_never_kept(store: Store) -> None:
    kept = PluginStorage("search", store)
    assert await kept.get("key") is None
    assert await kept.get("key", 7) == 7
    await kept.delete("key")


async def test_each_plugin_has_its_own(store: Store) -> None:
    search, cache = PluginStorage("search", store), PluginStorage("cache", store)
    await search.set("cursor", 1)
    await cache.set("cursor", 2)
    await search.set("cursor", 3)
    await cache.delete("cursor")
    assert (await search.get("cursor"), await cache.get("cursor")) == (3, None)


async def test_it_is_there_after_the_next_start(make_store: MakeStore) -> None:
    first = make_store()
    await first.open()
    await PluginStorage("search", first).set("cursor", {"page": 7})
    await first.close()
    second = make_store()
    await second.open()
    assert await PluginStorage("search", second).get("cursor") == {"page": 7}
    await second.close()


async def test_keys_come_in_order_by_their_beginning(store: Store) -> None:
    kept = PluginStorage("search", store)
    names = [f"page/{number:04}" for number in range(KEYS_AT_ONCE + 10)]
    for name in [*reversed(names), "page", "pagf/1", "%/1", "Page/1"]:
        await kept.set(name, 1)
    assert await kept.list_keys("page/") == names
    assert await kept.list_keys("%") == ["%/1"]
    assert len(await kept.list_keys()) == len(names) + 4


@pytest.mark.parametrize("key", ["", "x" * 257, "line\nfeed", "\ud800"])
async def test_what_is_no_key(store: Store, key: str) -> None:
    with pytest.raises(StorageError, match="is no key"):
        await PluginStorage("search", store).set(key, 1)


@pytest.mark.parametrize("value", [object(), "x" * LARGEST_VALUE, {1, 2}])
async def test_what_cannot_be_kept(store: Store, value: JSONValue) -> None:
    with pytest.raises(StorageError, match="'key': "):
        await PluginStorage("search", store).set("key", value)
