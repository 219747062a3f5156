"""The row about the console: its pages with a store that has been in use."""

from __future__ import annotations

import http.client
import re
import tempfile
import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode

from bench.fill import fill
from bench.processes import endpoint, free_port, gateway
from bench.rows import Row, Sample, percentile
from bench.scale import PENDING

TOKEN = "a-token-for-the-bench"
BUDGET = 0.1
"""Seconds that a page may take."""

PAGES = (
    "/",
    "/?span=day",
    "/events",
    "/events?before={middle}",
    "/events?name=collections.save.after&source=website",
    "/events?name=nothing",
    "/events?subject=collections/posts/{rare:024d}",
    "/events/{event}",
    "/tail",
    "/deliveries",
    "/deliveries?state=pending",
    "/dead-letters",
    "/endpoints",
    "/plugins",
)


def pages(rounds: int, kept: int, directory: Path, done: Callable[[], None]) -> Row:
    """Row 11: the slowest page of the console, with many events kept and many pending."""
    port = free_port()
    api = f"api: {{listen: '127.0.0.1:{port}', clients: {{bench: {{token: {TOKEN}}}}}}}\n"
    endpoints = [endpoint("sink"), endpoint("later", "later", "events: [error]")]
    with tempfile.TemporaryDirectory(dir=directory) as scratch:
        fill(Path(scratch, "gateway.db"), kept=kept, pending=PENDING, target="later", due_in=3600)
        with gateway(Path(scratch), endpoints=endpoints, more=api):
            visitor = _Visitor(port)
            found = re.search(r"/console/events/([0-9a-f-]{36})", visitor.read("/events"))
            assert found
            named = {page: page.format(middle=kept // 2, rare=kept // 3, event=found[1]) for page in PAGES}
            times: dict[str, list[float]] = {page: [] for page in PAGES}
            for _ in range(rounds):
                for page, path in named.items():
                    times[page].append(visitor.time(path))
                done()
    slowest = {page: percentile(sorted(taken), 0.95) for page, taken in times.items()}
    sample = Sample(max(slowest.values()), None, slowest)
    return Row(
        f"slowest of {len(PAGES)} pages of the console, p95, {kept:,} events kept",
        "the budget",
        "s",
        "≤ 100 ms",
        [sample],
        [Sample(BUDGET, None, {})],
    )


class _Visitor:
    """Reads pages over one connection, logged in."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        form = urlencode({"token": TOKEN})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        self._connection.request("POST", "/console/login", form, headers)
        answer = self._connection.getresponse()
        answer.read()
        self._cookie = answer.headers["Set-Cookie"].partition(";")[0]

    def time(self, path: str) -> float:
        """Return the seconds until a page is read."""
        began = time.perf_counter()
        self.read(path)
        return time.perf_counter() - began

    def read(self, path: str) -> str:
        """Return a page."""
        self._connection.request("GET", f"/console{path}", headers={"Cookie": self._cookie})
        answer = self._connection.getresponse()
        text = answer.read().decode()
        assert answer.status == HTTPStatus.OK, path
        return text
