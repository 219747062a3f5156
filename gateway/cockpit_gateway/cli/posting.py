"""Posts to a gateway as Cockpit does: what to post, where, and what came back."""

from __future__ import annotations

import json
import ssl
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import aiohttp

from cockpit_gateway.errors import GatewayError
from cockpit_gateway.events import JSONValue, encode_like_cockpit

COCKPIT_HEADERS = (("Accept", "*/*"), ("Content-Type", "application/json"))
"""What Cockpit sends beside Host and Content-Length; it sends no User-Agent (Cockpit/webhooks.php)."""

NOT_REPEATED = frozenset({"host", "content-length", "transfer-encoding", "connection", "expect", "authorization"})
"""Recorded headers that belong to the recorded connection, or that the token stands for."""

ADDED = ("Accept-Encoding", "Content-Type", "User-Agent")
"""Headers that aiohttp would add."""

TIMEOUT = aiohttp.ClientTimeout(total=30)


@dataclass(frozen=True, slots=True)
class Posting:
    """One request to make.

    Attributes:
        name: What a person calls it: a file, or an event's name.
        body: The body's bytes.
        headers: Its headers.
    """

    name: str
    body: bytes
    headers: Sequence[tuple[str, str]] = COCKPIT_HEADERS


@dataclass(frozen=True, slots=True)
class Address:
    """Where to post.

    Attributes:
        url: The whole URL.
        headers: What lets us in.
        socket: The Unix socket to go through, None for TCP.
        certificate: The certificate that the other end has to have, whatever its name; None for any that the machine
            trusts and that has the URL's name.
    """

    url: str
    headers: Sequence[tuple[str, str]] = ()
    socket: Path | None = None
    certificate: Path | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        name: The posting's name.
        status: The HTTP status; 0 if the connection broke.
        event_id: The event's id, None if nothing was stored.
        note: What else there is to say: ignored, a duplicate, or why it was refused.
    """

    name: str
    status: int
    event_id: str | None
    note: str | None

    @property
    def taken(self) -> bool:
        """True unless it was refused."""
        return self.status == HTTPStatus.ACCEPTED


def find_files(names: Iterable[str]) -> list[Path]:
    """Return the files meant by names of files and folders; a folder stands for every `.json` below it."""
    found: list[Path] = []
    for path in map(Path, names):
        found += sorted(path.rglob("*.json")) if path.is_dir() else [path]
    return found


def read_posting(path: Path) -> Posting:
    """Read what a file holds: a recorded request, or else a body.

    Args:
        path: `{"request": {"headers": [[name, value] …], "body_text": str}}`, or any bytes; "-" is standard input.
    """
    content = sys.stdin.buffer.read() if path == Path("-") else path.read_bytes()
    document = _json(content)
    try:
        body: str = document["request"]["body_text"]
        headers: list[tuple[str, str]] = document["request"]["headers"]
    except (TypeError, KeyError):
        return Posting(str(path), content)
    kept = [(name, value) for name, value in headers if name.lower() not in NOT_REPEATED]
    return Posting(str(path), body.encode(), kept)


def written(event: str, args: Sequence[JSONValue]) -> Posting:
    """Write an event as Cockpit does.

    Args:
        event: Its full name.
        args: Its positional arguments.
    """
    envelope = {"event": event, "hook": "cockpit-gateway send", "backend": 1, "args": args}
    return Posting(event, encode_like_cockpit(envelope))


async def post(postings: Iterable[Posting], address: Address) -> AsyncIterator[Answer]:
    """Post one after the other, each on a connection of its own, as Cockpit does.

    Raises:
        GatewayError: nobody listens there.
    """
    connector = (
        aiohttp.TCPConnector(force_close=True, ssl=_trusting(address.certificate))
        if address.socket is None
        else aiohttp.UnixConnector(str(address.socket), force_close=True)
    )
    async with aiohttp.ClientSession(connector=connector, timeout=TIMEOUT, skip_auto_headers=ADDED) as session:
        for posting in postings:
            yield await _post(session, posting, address)


def _trusting(certificate: Path | None) -> ssl.SSLContext | bool:
    """Return what accepts one certificate only, on this machine under any name."""
    if certificate is None:
        return True
    context = ssl.create_default_context(cafile=str(certificate))
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


async def _post(session: aiohttp.ClientSession, posting: Posting, address: Address) -> Answer:
    ours = {name.lower() for name, _ in address.headers}
    headers = [header for header in posting.headers if header[0].lower() not in ours]
    try:
        async with session.post(address.url, data=posting.body, headers=[*headers, *address.headers]) as response:
            return _answer(posting.name, response, _json(await response.read()))
    except aiohttp.ClientConnectorError as error:
        raise GatewayError(
            f"nobody listens at {address.socket or address.url} ({error.strerror}); start the gateway with "
            "`cockpit-gateway run`, or say with --url where it is"
        ) from None
    except (aiohttp.ClientError, TimeoutError) as error:
        return Answer(posting.name, 0, None, f"no answer: {str(error) or type(error).__name__}")


def _answer(name: str, response: aiohttp.ClientResponse, document: JSONValue) -> Answer:
    answer: dict[str, JSONValue] = document if isinstance(document, dict) else {}
    if not response.ok:
        note = answer.get("detail") or response.reason
    elif "id" not in answer:
        note = "not the answer of a gateway"
    elif "ignored" in answer:
        note = f"ignored: nobody asks for {answer['ignored']}"
    else:
        note = "a duplicate of an earlier one" if answer.get("duplicate") else None
    return Answer(name, response.status, answer.get("id"), note)


def _json(content: bytes) -> JSONValue:
    try:
        return json.loads(content)
    except ValueError:
        return None
