from __future__ import annotations

import io
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from cockpit_gateway.cli.posting import Address, Answer, Posting, find_files, post, read_posting, written
from cockpit_gateway.errors import GatewayError
from cockpit_gateway.testing.captures import FOLDER as CAPTURES


@asynccontextmanager
async def server(answer: web.Response | None = None) -> AsyncGenerator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """Serve one answer, and keep what was asked."""
    seen: list[tuple[dict[str, str], bytes]] = []

    async def receive(request: web.Request) -> web.Response:
        seen.append((dict(request.headers), await request.read()))
        if answer is None:
            assert request.transport is not None
            request.transport.abort()
        return answer or web.Response()

    app = web.Application()
    app.add_routes([web.post("/{path:.*}", receive)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/cockpit/website", seen
    finally:
        await runner.cleanup()


async def sent(posting: Posting, address: Address) -> Answer:
    [answer] = [answer async for answer in post([posting], address)]
    return answer


def test_a_folder_stands_for_every_json_file_below_it(tmp_path: Path) -> None:
    for name in ("b.json", "a.json", "odd/c.json", "README.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    names = [str(path.relative_to(tmp_path)) for path in find_files([str(tmp_path), str(tmp_path / "README.md")])]
    assert names == ["a.json", "b.json", "odd/c.json", "README.md"]


def test_a_recorded_request_gives_its_body_and_the_headers_that_can_be_repeated() -> None:
    path = CAPTURES / "odd" / "auth-and-custom-headers.json"
    posting = read_posting(path)
    assert posting.name == str(path)
    assert posting.body == json.loads(path.read_text())["request"]["body_text"].encode()
    names = [name for name, _ in posting.headers]
    assert "X-Gateway-Token" in names
    assert not {"Host", "Content-Length", "Authorization"} & set(names)


@pytest.mark.parametrize("content", [b'{"event":"error","args":[]}', b"", b"\xff no JSON", b'{"request": {}}'])
def test_anything_else_is_a_body(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "body"
    path.write_bytes(content)
    assert read_posting(path).body == content


def test_a_hyphen_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"{}")))
    assert read_posting(Path("-")) == Posting("-", b"{}")


def test_a_written_event_looks_like_cockpits() -> None:
    body = written("collections.save.after", ["posts", {"path": "/é"}, False]).body
    expected = (
        rb'{"event":"collections.save.after","hook":"cockpit-gateway send","backend":1,'
        rb'"args":["posts",{"path":"\/\u00e9"},false]}'
    )
    assert body == expected


async def test_it_is_posted_with_cockpits_headers_and_ours() -> None:
    async with server(web.json_response({"id": "7"}, status=202)) as (url, seen):
        posting = Posting("x", b"{}", [("Accept", "*/*"), ("x-gateway-token", "old"), ("X-Other", "1")])
        answer = await sent(posting, Address(url, [("X-Gateway-Token", "new")]))
    assert answer == Answer("x", 202, "7", None)
    assert answer.taken
    [(headers, body)] = seen
    assert body == b"{}"
    assert headers.pop("Host").startswith("127.0.0.1:")
    headers.pop("Connection", None)
    assert {name.lower(): value for name, value in headers.items()} == {
        "accept": "*/*",
        "content-length": "2",
        "x-other": "1",
        "x-gateway-token": "new",
    }


@pytest.mark.parametrize(
    ("response", "note", "taken"),
    [
        (({"id": None, "ignored": "cockpit.bootstrap"}, 202), "ignored: nobody asks for cockpit.bootstrap", True),
        (({"id": "7", "duplicate": True}, 202), "a duplicate of an earlier one", True),
        (({"title": "Unauthorized", "detail": "a token is needed"}, 401), "a token is needed", False),
        ((["no problem document"], 500), "Internal Server Error", False),
        ((["no gateway"], 200), "not the answer of a gateway", False),
    ],
)
async def test_answers_are_explained(response: tuple[object, int], note: str, *, taken: bool) -> None:
    async with server(web.json_response(response[0], status=response[1])) as (url, _):
        answer = await sent(Posting("x", b""), Address(url))
    assert (answer.note, answer.taken) == (note, taken)


async def test_a_broken_connection_is_an_answer_of_its_own() -> None:
    async with server() as (url, _):
        answer = await sent(Posting("x", b""), Address(url))
    assert answer.status == 0
    assert not answer.taken
    assert answer.note is not None
    assert answer.note.startswith("no answer: ")


async def test_nobody_there_is_an_error_that_says_what_to_do() -> None:
    async with server() as (url, _):
        pass
    with pytest.raises(GatewayError, match=r"nobody listens at .*cockpit-gateway run.*--url"):
        await sent(Posting("x", b""), Address(url))
