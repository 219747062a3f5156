"""The rows about reading: the console's pages and the API's lists, while events come in."""

from __future__ import annotations

import http.client
import json
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode

from bench.processes import TOKEN, Measured, endpoint, gateway, load
from bench.rows import RATE, Row, Sample, percentile
from bench.scale import Done, Prober
from bench.used import MONTH, RARE_NAME, RARE_SOURCE, RARE_SUBJECT, TARGETS, Month, use
from cockpit_gateway.web.api.cursors import EVENTS, cursor_text

BUDGET = "p95 ≤ 100 ms"
PAUSE = 0.05
"""Seconds between two pages: a person, or several, reads them."""

STRETCH = 10
"""Seconds of events in a round."""

WAY_BACK = 10_000
"""A seq at the other end of the list."""


def pages(known: Mapping[str, str]) -> dict[str, str]:
    """Return the paths of what is measured, by what it is: this is the place to add a page.

    Args:
        known: The ids of an "event" and of a "delivery" that are stored.
    """
    day = {"since": _moment(MONTH / 2), "until": _moment(MONTH / 2 - 86400)}
    form_day = {name: moment[:16] for name, moment in day.items()}
    console = {
        "overview": "/",
        "overview, a day": "/?span=day",
        "events": "/events",
        "events, far back": _path("/events", cursor=cursor_text(EVENTS, WAY_BACK)),
        "events of a rare name": _path("/events", name=RARE_NAME),
        "events of a rare source": _path("/events", source=RARE_SOURCE),
        "events about a subject": _path("/events", subject="collections/posts/1"),
        "events about a rare subject": _path("/events", subject=RARE_SUBJECT),
        "events of one day": _path("/events", **form_day),
        "events of a status": _path("/events", status="withheld"),
        "an event": f"/events/{known['event']}",
        "tail": "/tail",
        "deliveries": "/deliveries",
        "deliveries, pending": _path("/deliveries", state="pending", to="webhook:later"),
        "deliveries of a rare name": _path("/deliveries", name=RARE_NAME),
        "deliveries about a rare subject": _path("/deliveries", subject=RARE_SUBJECT),
        "deliveries of one day": _path("/deliveries", **form_day),
        "a delivery": f"/deliveries/{known['delivery']}",
        "dead letters": "/dead-letters",
        "dead letters of a rare name": _path("/dead-letters", name=RARE_NAME),
        "endpoints": "/endpoints",
        "plugins": "/plugins",
        "nodes": "/nodes",
        "configuration": "/configuration",
    }
    api = {
        "events": "/events",
        "events of a rare name": _path("/events", name=RARE_NAME),
        "events about a rare subject": _path("/events", subject=RARE_SUBJECT),
        "events of one day": _path("/events", **day),
        "deliveries": "/deliveries",
        "deliveries, dead": _path("/deliveries", state="dead"),
        "deliveries about a rare subject": _path("/deliveries", subject=RARE_SUBJECT),
        "targets": "/targets",
    }
    return {
        **{f"page: {name}": f"/console{path}" for name, path in console.items()},
        **{f"API: {name}": f"/api/v1{path}" for name, path in api.items()},
    }


def reading(rounds: int, directory: Path, done: Done, events: int) -> Sequence[Row]:
    """Read every page of a store in use, and of an empty one in turn, while events come in at 200 a second.

    Args:
        rounds: How often both are read in turn.
        directory: Where the stores are made.
        done: Called after each round.
        events: Events in the store in use; a tenth of them waits, a twentieth is dead.
    """
    endpoints = [endpoint("sink"), *(endpoint(name, name, "events: [error]") for name in TARGETS)]
    with ExitStack() as stack:
        full, empty = (Path(stack.enter_context(tempfile.TemporaryDirectory(dir=directory))) for _ in range(2))
        use(full / "gateway.db", Month(events, events // 10, events // 20))
        readers = [_Reader(stack.enter_context(gateway(scratch, endpoints=endpoints))) for scratch in (full, empty)]
        for _ in range(rounds):
            for reader in readers:
                reader.read_all()
                done()
    return _rows(*readers, f"{events:,} events stored, an empty store")


class _Reader:
    """Reads the pages of one gateway, round by round, while events come in.

    Args:
        measured: The gateway.
    """

    def __init__(self, measured: Measured) -> None:
        self._measured = measured
        self._connection = http.client.HTTPConnection("127.0.0.1", measured.admin)
        load(measured, "open", 10, 10)
        self._cookie = self._log_in()
        known = {kind: json.loads(self._get(f"/api/v1/{path}?limit=1")) for kind, path in _LISTS.items()}
        self._pages = pages({kind: known[kind][path][0]["id"] for kind, path in _LISTS.items()})
        self.seconds: dict[str, list[float]] = {name: [] for name in self._pages}
        self.acks: list[float] = []
        self.probes: list[float] = []
        self.quiet: list[float] = []
        """The times to the answer while nothing is read."""

    def read_all(self) -> None:
        """Read the pages again and again while events come in; the time to their answers, and of a probe, are kept."""
        self.quiet += self._post()["ack"]
        posting = threading.Thread(target=lambda: self.acks.extend(self._post()["ack"]), daemon=True)
        with Prober(self._measured.port) as prober:
            posting.start()
            while posting.is_alive():
                for name, path in self._pages.items():
                    began = time.perf_counter()
                    self._get(path)
                    self.seconds[name].append(time.perf_counter() - began)
                    time.sleep(PAUSE)
            posting.join()
        self.probes += prober.seconds

    def _post(self) -> dict[str, list[float]]:
        return load(self._measured, "open", RATE * STRETCH, RATE)

    def _log_in(self) -> str:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self._origin}
        self._connection.request("POST", "/console/login", urlencode({"token": TOKEN}), headers)
        answer = self._connection.getresponse()
        answer.read()
        if answer.status != HTTPStatus.SEE_OTHER:
            raise RuntimeError(f"no login: {answer.status}")
        return (answer.getheader("Set-Cookie") or "").partition(";")[0]

    def _get(self, path: str) -> bytes:
        headers = {"Authorization": f"Bearer {TOKEN}"} if path.startswith("/api/") else {"Cookie": self._cookie}
        self._connection.request("GET", path, headers=headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != HTTPStatus.OK:
            raise RuntimeError(f"{path}: {answer.status} {body[:300]!r}")
        return body

    @property
    def _origin(self) -> str:
        return f"http://127.0.0.1:{self._measured.admin}"


_LISTS = {"event": "events", "delivery": "deliveries"}


def _rows(full: _Reader, empty: _Reader, against: str) -> Sequence[Row]:
    rows = [
        Row(page, against, "s", BUDGET, [_at_95(full.seconds[page])], [_at_95(empty.seconds[page])])
        for page in full.seconds
    ]
    held = [_one(max(side.probes), p99=percentile(sorted(side.probes), 0.99)) for side in (full, empty)]
    return [
        *rows,
        Row("ack p95 while pages are read", "nothing is read", "s", "≤ 2", [_at_95(full.acks)], [_at_95(full.quiet)]),
        Row("longest probe while pages are read", "an empty store", "s", "loop held ≤ 20 ms", held[:1], held[1:]),
    ]


def _at_95(seconds: Sequence[float]) -> Sample:
    ordered = sorted(seconds)
    return _one(percentile(ordered, 0.95), p50=percentile(ordered, 0.5), most=ordered[-1], readings=len(ordered))


def _one(value: float, **details: float) -> Sample:
    return Sample(value, None, details)


def _path(path: str, **query: object) -> str:
    return f"{path}?{urlencode(query)}"


def _moment(seconds_ago: float) -> str:
    return datetime.fromtimestamp(time.time() - seconds_ago, UTC).isoformat(timespec="seconds")
