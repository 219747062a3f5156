"""The client of the admin API: asks the daemon, and without one this process itself, through the same door."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote

from cockpit_gateway.errors import GatewayError

if TYPE_CHECKING:
    import aiohttp

Document: TypeAlias = dict[str, Any]
"""A JSON object of the API; `web/views.py` says what is in it."""


Query: TypeAlias = Mapping[str, str | int | Sequence[str] | None]
"""Parameters of a request."""


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
        return self._runner.run(self._ask("GET", path, query or {}))

    def post(self, *path: str, query: Query | None = None) -> Document:
        """Ask for something to be done; see `get`."""
        return self._runner.run(self._ask("POST", path, query or {}))

    async def _ask(self, method: str, path: tuple[str, ...], query: Query) -> Document:
        from yarl import URL

        url = URL("/api/v1/" + "/".join(quote(segment, safe="") for segment in path), encoded=True)
        try:
            async with self._session.request(method, url, params=_pairs(query)) as response:
                document: Document = await response.json(content_type=None)
        except TimeoutError:
            raise GatewayError("the gateway takes connections, but it does not answer") from None
        if not response.ok:
            raise GatewayError(document["detail"])
        return document


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
        GatewayError: there is no daemon, or no store yet.
    """
    from cockpit_gateway.cli.door import reach

    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            session = runner.run(stack.enter_async_context(reach(config, daemon_only=daemon_only)))
            yield Client(runner, session)
        finally:
            runner.run(stack.aclose())
