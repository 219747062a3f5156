"""The client of the admin API: asks the daemon, and without one this process itself, through the same door."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Generator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from urllib.parse import quote

from cockpit_gateway.errors import GatewayError

if TYPE_CHECKING:
    import aiohttp
    from yarl import URL

LONGEST_SILENCE = 60.0
"""Seconds without a line after which an answer of many lines is given up."""

ROWS = 1000
"""Rows on a page, if everything is wanted."""

STOPPED = "the gateway stopped before it answered; its log says why"

Document: TypeAlias = dict[str, Any]
"""A JSON object of the API; docs/reference/api.md says what is in it."""

Query: TypeAlias = Mapping[str, str | int | Sequence[str] | None]
"""Parameters of a request."""

_Result = TypeVar("_Result")

Reader: TypeAlias = Callable[[AsyncIterator[bytes]], Coroutine[object, object, _Result]]
"""Reads lines as they come."""


class Client:
    """Asks the admin API.

    Args:
        runner: Runs what is asynchronous.
        session: Connected to the API's socket.
    """

    def __init__(self, runner: asyncio.Runner, session: aiohttp.ClientSession) -> None:
        self._runner = runner
        self._session = session

    def get(self, *path: str, query: Query | None = None) -> Document:
        """Return a document.

        Args:
            path: Segments below `/api/v1`.
            query: Parameters; one that is None is left out, one of several is given several times.

        Raises:
            GatewayError: what the API answered instead, as a sentence.
        """
        return _run(self._runner, self._ask("GET", path, query or {}))

    def every(self, kind: str) -> Document:
        """Return a list as one document, however many pages it has.

        Args:
            kind: What is listed: "targets", "plugins".

        Raises:
            GatewayError: as `get` does.
        """
        page = self.get(kind, query={"limit": ROWS})
        found: list[Document] = page[kind]
        while page["next"] is not None:
            page = self.get(kind, query={"limit": ROWS, "cursor": page["next"]})
            found += page[kind]
        return {kind: found}

    def page(self, kind: str, query: Query, limit: int) -> Document:
        """Return a page of a list, however long it takes to find so much.

        Args:
            kind: What is listed: "events", "deliveries".
            query: Which of them.
            limit: At most so many.

        Raises:
            GatewayError: as `get` does.
        """
        found = self.get(kind, query={**query, "limit": limit})
        while found["next"] is not None and (missing := limit - len(found[kind])) > 0:
            more = self.get(kind, query={**query, "cursor": found["next"], "limit": missing})
            found = {**more, kind: [*found[kind], *more[kind]]}
        return found

    def post(self, *path: str, query: Query | None = None, body: Mapping[str, object] | None = None) -> Document:
        """Ask for something to be done; see `get`.

        Args:
            path: Segments below `/api/v1`.
            query: Parameters.
            body: What is sent as JSON, None for nothing.
        """
        return _run(self._runner, self._ask("POST", path, query or {}, body))

    def read(self, reader: Reader[_Result], *path: str, query: Query | None = None) -> _Result:
        """Read the lines of a document that may be long, in one run of the event loop; see `get`.

        Args:
            reader: Takes the lines as they come.
            path: Segments below `/api/v1`.
            query: Parameters.

        Returns:
            What the reader returns.

        Raises:
            KeyboardInterrupt: somebody interrupts. Between runs, Python may lose an interrupt in a callback of its own.
        """

        async def read() -> _Result:
            async with aclosing(self._lines(path, query or {})) as lines:
                return await reader(lines)

        return _run(self._runner, read())

    async def _lines(self, path: tuple[str, ...], query: Query) -> AsyncGenerator[bytes]:
        import aiohttp

        whole = aiohttp.ClientTimeout(total=None, sock_read=LONGEST_SILENCE)
        try:
            async with self._session.get(_url(path), params=_pairs(query), timeout=whole) as response:
                await _require_ok(response)
                while line := await response.content.readline(max_line_length=sys.maxsize):  # an event is one line
                    yield line
        except (aiohttp.ClientPayloadError, TimeoutError) as error:
            raise GatewayError("the gateway stopped in the middle of its answer; its log says why") from error
        except aiohttp.ClientConnectionError as error:
            raise GatewayError(STOPPED) from error

    async def _ask(
        self, method: str, path: tuple[str, ...], query: Query, body: Mapping[str, object] | None = None
    ) -> Document:
        import aiohttp

        try:
            async with self._session.request(method, _url(path), params=_pairs(query), json=body) as response:
                await _require_ok(response)
                document: Document = await response.json(content_type=None)
        except TimeoutError:
            raise GatewayError("the gateway takes connections, but it does not answer") from None
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError) as error:
            raise GatewayError(STOPPED) from error
        return document


def _run(runner: asyncio.Runner, work: Coroutine[object, object, _Result]) -> _Result:
    try:
        return runner.run(work)
    except asyncio.CancelledError:  # so it takes an interrupt that comes while it begins
        raise KeyboardInterrupt from None


async def _require_ok(response: aiohttp.ClientResponse) -> None:
    if not response.ok:
        problem: Document = await response.json(content_type=None)
        raise GatewayError(problem["detail"])


def _url(path: tuple[str, ...]) -> URL:
    from yarl import URL

    return URL("/api/v1/" + "/".join(quote(segment, safe="") for segment in path), encoded=True)


def _pairs(query: Query) -> list[tuple[str, str]]:
    several = {name: [value] if isinstance(value, str | int) else value or () for name, value in query.items()}
    return [(name, str(value)) for name, values in several.items() for value in values]


@contextmanager
def connect(config: Path, *, daemon_only: bool = False) -> Generator[Client]:
    """Reach the admin API of the gateway with this configuration.

    If no daemon answers, the store is opened here, under its ownership lock, and nothing is delivered.

    Args:
        config: The YAML file.
        daemon_only: True to ask nobody but a daemon.

    Raises:
        ConfigError: the file has mistakes.
        StoreOwnedError: another process holds the store and does not answer.
        UnreachableError: nobody can tell whether there is a daemon.
        GatewayError: there is no daemon, or no store yet.
    """
    from cockpit_gateway.cli.door import reach

    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            session = _run(runner, stack.enter_async_context(reach(config, daemon_only=daemon_only)))
            yield Client(runner, session)
        finally:
            _run(runner, stack.aclose())
