"""An endpoint's server in a thread, for tests whose gateway is a process."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Arrival:
    """One request as it arrived; header names in lower case."""

    headers: dict[str, str]
    body: bytes


class Receiver:
    """Notes every request, and answers it with 200 unless it is told otherwise.

    Attributes:
        url: Where it listens.
        arrivals: What arrived so far.
        answering: While it is cleared, requests are taken in and not answered.
        statuses: What the next requests are answered with.
        answer: The body of every answer.
    """

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_port}"
        self.arrivals: list[Arrival] = []
        self.answering = threading.Event()
        self.answering.set()
        self.statuses: deque[int] = deque()
        self.answer = b""

    @property
    def bodies(self) -> list[bytes]:
        """The bodies that arrived so far."""
        return [arrival.body for arrival in self.arrivals]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a request that hangs must not hold up the test's end
    receiver: Receiver


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        receiver = self.server.receiver
        receiver.arrivals.append(Arrival(headers, body))
        receiver.answering.wait()
        self.send_response(receiver.statuses.popleft() if receiver.statuses else 200)
        self.send_header("Content-Length", str(len(receiver.answer)))
        self.end_headers()
        self.wfile.write(receiver.answer)

    def log_request(self, *_: object) -> None:
        pass


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver on a free port."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.receiver = Receiver(server)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.receiver
    finally:
        server.receiver.answering.set()
        server.shutdown()
        thread.join()
        server.server_close()
