"""A Cockpit whose entries change, and a search index that mirrors it by webhook alone, on a machine that often fails.

What an index must know of Cockpit's events to end equal to it:

- A save of an entry that was there carries only the fields that were sent: they are merged into the document. One of
  an entry that is not there is fired all the same, and stores nothing.
- `collections.remove.after` names its collection and how many entries went, not which. The filter stands in
  `collections.remove.before`: an index that has applied everything before it, in order, finds the same entries by it.
- An answer may be lost, so a delivery may come again, but none comes after a later one of its lane.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

Entry = dict[str, Any]
Entries = dict[str, Entry]
FIELDS = ("title", "text", "tag")


def body(event: str, *args: object) -> bytes:
    """Return an event as Cockpit writes it."""
    envelope = {"event": event, "hook": "search", "backend": 1, "args": args}
    return json.dumps(envelope, separators=(",", ":")).replace("/", "\\/").encode()


def matching(entries: Entries, criteria: Mapping[str, object]) -> list[str]:
    return [
        entry_id
        for entry_id, entry in entries.items()
        if all(entry.get(name) == value for name, value in criteria.items())
    ]


class Collection:
    """One collection of a Cockpit.

    Args:
        name: Its name.
        chance: What is changed.
    """

    def __init__(self, name: str, chance: random.Random) -> None:
        self.name = name
        self.entries: Entries = {}
        self._chance = chance
        self._saved = 0

    def change(self) -> list[bytes]:
        """Change something; return the events it fires, in their order."""
        what = self._chance.choices((self._add, self._update, self._remove), (3, 5, 2))[0]
        return what()

    def _add(self) -> list[bytes]:
        self._saved += 1
        entry = {"_id": f"{self.name}-{self._saved}", **self._fields(FIELDS)}
        self.entries[entry["_id"]] = entry
        return [self._save(entry, is_update=False)]

    def _update(self) -> list[bytes]:
        entry_id = f"{self.name}-{self._chance.randint(1, self._saved + 1)}"
        sent = {"_id": entry_id, **self._fields(self._chance.sample(FIELDS, 2))}
        if entry_id in self.entries:
            self.entries[entry_id] |= sent
        return [self._save(sent, is_update=True)]

    def _remove(self) -> list[bytes]:
        by_id = {"_id": f"{self.name}-{self._chance.randint(1, self._saved + 1)}"}
        criteria = self._chance.choice((by_id, {"tag": self._chance.randint(0, 4)}))
        removed = matching(self.entries, criteria)
        for entry_id in removed:
            del self.entries[entry_id]
        return [
            body("collections.remove.before", self.name, criteria),
            body("collections.remove.after", self.name, len(removed)),
        ]

    def _save(self, entry: Entry, *, is_update: bool) -> bytes:
        return body("collections.save.after", self.name, entry, is_update)

    def _fields(self, names: object) -> Entry:
        values = {
            "title": f"T {self._chance.random()}",
            "text": self._chance.random(),
            "tag": self._chance.randint(0, 4),
        }
        return {name: values[name] for name in names}  # type: ignore[attr-defined]


class Index:
    """The search index behind an endpoint.

    Args:
        chance: How a request goes wrong.
        patience: Seconds that the sender waits for an answer.

    Attributes:
        url: Where it listens.
        documents: What it holds, by collection.
        process: Which process may speak to it: what others sent is lost, as the connections of a killed one are.
        went: How often requests went which way.
    """

    def __init__(self, chance: random.Random, patience: float) -> None:
        self.url = ""
        self.documents: dict[str, Entries] = {}
        self.process = 0
        self.went: Counter[str] = Counter()
        self._chance = chance
        self._patience = patience
        self._criteria: dict[str, Entry] = {}
        self._applied: set[str] = set()

    async def handle(self, request: web.Request) -> web.Response:
        """Take one delivery, well or not."""
        received = await request.read()
        way = self._chance.choices(
            ("well", "slow", "fails", "resets", "hangs", "loses the answer", "answers late"),
            (60, 10, 10, 8, 2, 8, 2),
        )[0]
        if way in {"slow", "hangs"}:
            await asyncio.sleep(self._patience * (0.2 if way == "slow" else 2))
        if request.transport is None or request.match_info["process"] != str(self.process):
            return web.Response(status=500)  # nobody is there to read it
        self.went[way] += 1
        if way == "fails":
            return web.Response(status=500)
        if way != "resets":
            self._apply(request.headers["webhook-id"], json.loads(received))
        if way == "answers late":
            await asyncio.sleep(self._patience * 2)
        if way in {"resets", "loses the answer"} and request.transport is not None:
            request.transport.abort()
        return web.Response()

    def _apply(self, delivery_id: str, envelope: Mapping[str, Any]) -> None:
        self.went["again"] += delivery_id in self._applied
        self._applied.add(delivery_id)
        event, (name, *args) = envelope["event"], envelope["args"]
        documents = self.documents.setdefault(name, {})
        if event == "collections.save.after":
            entry, is_update = args
            if not is_update or entry["_id"] in documents:
                documents.setdefault(entry["_id"], {}).update(entry)
        elif event == "collections.remove.before":
            self._criteria[name] = args[0]
        else:
            for entry_id in matching(documents, self._criteria[name]):
                del documents[entry_id]


@asynccontextmanager
async def listening(index: Index) -> AsyncIterator[None]:
    """Run an index's server on a free port."""
    app = web.Application()
    app.add_routes([web.post("/{process}", index.handle)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    index.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield
    finally:
        await runner.cleanup()
