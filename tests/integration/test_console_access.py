"""The console's access: who gets in, and what another site, or a stranger, cannot do."""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from http import HTTPStatus
from pathlib import Path

import aiohttp
import pytest
from console_kit import ALL, API, DO, SEE, Browserless
from structlog.testing import capture_logs
from yarl import URL

from cockpit_gateway.config import Scope
from cockpit_gateway.errors import ConflictError, StoreUnavailableError
from cockpit_gateway.testing import FakeClock, GatewayTester, StartGateway
from cockpit_gateway.web.access import needed_by
from cockpit_gateway.web.console.guard import LARGEST_FORM
from cockpit_gateway.web.console.links import VALID
from cockpit_gateway.web.console.sessions import COOKIE, ENDED, LONGEST
from cockpit_gateway.web.console.tail import MOST_WATCHERS

OPEN = {"/login", "/static/{digest}/{name}"}


async def _until(last: bytes, lines: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    while (line := await lines.readline()) != last:
        assert line
        yield line


@pytest.fixture
async def gateway(gateway_tester: StartGateway) -> AsyncIterator[GatewayTester]:
    async with gateway_tester(API) as running:
        yield running


async def test_every_page_says_what_it_needs(gateway: GatewayTester) -> None:
    routes = gateway.gateway.console.routes()
    assert {route.path for route in routes if needed_by(route.handler) is None} == OPEN
    changing = [route for route in routes if route.method == "POST" and route.path not in {"/login", "/logout"}]
    assert all((needed_by(route.handler) or 0) > Scope.READ for route in changing)


async def test_a_stranger_is_asked_to_log_in(gateway: GatewayTester) -> None:
    async with Browserless(gateway) as stranger:
        assert (await stranger.get("/")).headers["Location"] == "/console/"
        answer = await stranger.get("/console/events?name=a%26b")
        assert answer.status == HTTPStatus.SEE_OTHER
        assert answer.headers["Location"] == "/console/login?to=%2Fevents%3Fname%3Da%2526b"
        assert (await stranger.get("/api/v1/events")).status == HTTPStatus.UNAUTHORIZED
        await stranger.log_in(SEE)
        assert (await stranger.get("/console/events")).status == HTTPStatus.OK
        assert (await stranger.get("/api/v1/events")).status == HTTPStatus.UNAUTHORIZED


async def test_the_cookie_is_for_the_console_alone(gateway: GatewayTester) -> None:
    async with Browserless(gateway) as visitor:
        cookie = (await visitor.post("/console/login", {"token": DO})).headers["Set-Cookie"]
        assert {"HttpOnly", "Path=/console", "SameSite=Strict"} <= set(cookie.split("; "))
        assert "Secure" not in cookie
        assert DO not in cookie
        answer = await visitor.post("/console/login", {"token": DO}, X_Forwarded_Proto="https")
        assert "Secure" in answer.headers["Set-Cookie"]


async def test_a_session_ends(gateway: GatewayTester, fake_clock: FakeClock) -> None:
    async with Browserless(gateway) as visitor:
        await visitor.log_in()
        await gateway.let_pass(LONGEST - 10)
        assert (await visitor.get("/console/")).status == HTTPStatus.OK
        await gateway.let_pass(20)
        assert (await visitor.get("/console/")).status == HTTPStatus.SEE_OTHER


async def test_a_session_ends_with_its_token_but_not_with_the_process(gateway_tester: StartGateway) -> None:
    async with gateway_tester(API) as first, Browserless(first) as visitor:
        await visitor.log_in()
        cookies = {cookie.key: cookie.value for cookie in visitor.session.cookie_jar}
    for config, status in ((API, HTTPStatus.OK), (API.replace(ALL, f"{ALL}-2"), HTTPStatus.SEE_OTHER)):
        async with gateway_tester(config) as next_one, Browserless(next_one) as visitor:
            assert (await visitor.get("/console/", Cookie=f"{COOKIE}={cookies[COOKIE]}")).status == status


async def test_a_log_out_ends_the_session_for_a_copy_of_its_cookie_too_and_for_no_other(
    gateway_tester: StartGateway,
) -> None:
    async with gateway_tester(API) as first, Browserless(first) as visitor, Browserless(first) as other:
        form_token = await visitor.log_in()
        await other.log_in()
        copied = next(f"{cookie.key}={cookie.value}" for cookie in visitor.session.cookie_jar)
        answer = await visitor.post("/console/logout", {"form_token": form_token})
        assert answer.headers["Location"] == "/console/login"
        assert (await other.get("/console/")).status == HTTPStatus.OK
    async with gateway_tester(API) as again, Browserless(again) as thief:
        assert (await thief.get("/console/", Cookie=copied)).status == HTTPStatus.SEE_OTHER
        assert (await thief.get("/console/tail/stream", Cookie=copied)).status == HTTPStatus.SEE_OTHER


async def test_while_the_store_is_away_the_cookie_goes_all_the_same_and_pages_keep_their_looks(
    gateway: GatewayTester, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise StoreUnavailableError("the database is away")

    async with Browserless(gateway) as visitor:
        form_token = await visitor.log_in()
        [style] = re.findall(r'href="([^"]+\.css)"', await (await visitor.get("/console/")).text())
        for method in ("get_value", "set_value"):
            monkeypatch.setattr(gateway.gateway.store, method, away)
        assert (await visitor.get("/console/")).status == HTTPStatus.SERVICE_UNAVAILABLE
        assert (await visitor.get(style)).status == HTTPStatus.OK
        assert (await visitor.get("/console/login")).status == HTTPStatus.OK
        with capture_logs() as logs:
            answer = await visitor.post("/console/logout", {"form_token": form_token})
        assert answer.headers["Location"] == "/console/login"
        warnings = [line["event"] for line in logs if line["log_level"] == "warning"]
        assert warnings == ["a log-out could not be kept: a copy of its cookie would be let in"]
        assert (await visitor.get("/console/")).status == HTTPStatus.SEE_OTHER


async def test_ended_sessions_are_forgotten_when_their_cookies_are_too_old(gateway: GatewayTester) -> None:
    for _ in range(2):
        async with Browserless(gateway) as visitor:
            await visitor.post("/console/logout", {"form_token": await visitor.log_in()})
        kept = await gateway.gateway.store.list_keys(ENDED, "", after="", limit=9)
        await gateway.let_pass(LONGEST + 2)
    assert len(kept) == 1


async def test_a_cookie_that_was_made_up_is_none(gateway: GatewayTester) -> None:
    async with Browserless(gateway) as stranger:
        for made_up in ("x", "gAAAAA", "\u00fc"):
            answer = await stranger.get("/console/", Cookie=f"{COOKIE}={made_up}")
            assert answer.status == HTTPStatus.SEE_OTHER


async def test_a_cookie_of_any_bytes_is_none(gateway: GatewayTester) -> None:
    address = URL(gateway.gateway.listeners.api_address)
    reader, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(b"GET /console/ HTTP/1.0\r\nHost: localhost\r\nCookie: " + COOKIE.encode() + b"=\xff\xfe\r\n\r\n")
    assert b" 303 " in await reader.readline()
    writer.close()
    await writer.wait_closed()


async def test_a_key_that_cannot_be_used_is_told(gateway_tester: StartGateway, tmp_path: Path) -> None:
    key = tmp_path / "gateway.key"
    key.write_text("x" * 40)
    key.chmod(0o640)
    async with (
        gateway_tester(f"store: sqlite:{tmp_path}/gateway.db\n{API}") as gateway,
        Browserless(gateway) as visitor,
    ):
        answer = await visitor.post("/console/login", {"token": ALL})
        assert answer.status == HTTPStatus.INTERNAL_SERVER_ERROR
        assert f"chmod 600 {key}" in await answer.text()


async def test_a_link_opens_the_console_once_and_for_five_minutes(gateway: GatewayTester) -> None:
    links = gateway.gateway.console.links
    root = gateway.gateway.listeners.api_address
    used, late = links.new().removeprefix(root), links.new().removeprefix(root)
    async with Browserless(gateway) as visitor:
        async with visitor.session.head(root + used) as answer:
            assert answer.status == HTTPStatus.METHOD_NOT_ALLOWED
        assert (await visitor.get(used)).headers["Location"] == "/console/"
        assert "one-time link" in await (await visitor.get("/console/")).text()
    async with Browserless(gateway) as visitor:
        assert (await visitor.get(used)).status == HTTPStatus.UNAUTHORIZED
        await gateway.let_pass(VALID + 1)
        assert (await visitor.get(late)).status == HTTPStatus.UNAUTHORIZED


async def test_links_are_made_by_administrators(gateway: GatewayTester) -> None:
    url = f"{gateway.gateway.listeners.api_address}/api/v1/console-links"
    async with aiohttp.ClientSession() as session:
        async with session.post(url, headers={"Authorization": f"Bearer {DO}"}) as answer:
            assert answer.status == HTTPStatus.FORBIDDEN
        async with session.post(url, headers={"Authorization": f"Bearer {ALL}"}) as answer:
            assert (await answer.json())["url"].startswith(f"{gateway.gateway.listeners.api_address}/console/login?")


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
    ],
)
async def test_another_site_can_send_nothing(gateway: GatewayTester, headers: dict[str, str]) -> None:
    async with Browserless(gateway) as visitor:
        token = await visitor.log_in()
        answer = await visitor.post("/console/logout", {"form_token": token}, **headers)
        assert answer.status == HTTPStatus.FORBIDDEN
        assert (await visitor.get("/console/")).status == HTTPStatus.OK


@pytest.mark.parametrize("form", [{}, {"form_token": ""}, {"form_token": "another"}, {"form_token": "\u00fc"}])
async def test_a_form_carries_the_sessions_token(gateway: GatewayTester, form: dict[str, str]) -> None:
    async with Browserless(gateway) as visitor:
        await visitor.log_in()
        assert (await visitor.post("/console/logout", form)).status == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:1", HTTPStatus.SEE_OTHER),
        ("[::1]", HTTPStatus.SEE_OTHER),
        ("attacker.example", HTTPStatus.MISDIRECTED_REQUEST),
        ("127.0.0.1.attacker.example", HTTPStatus.MISDIRECTED_REQUEST),
        ("", HTTPStatus.MISDIRECTED_REQUEST),
        ("[", HTTPStatus.MISDIRECTED_REQUEST),
    ],
)
async def test_another_name_leads_nowhere(gateway: GatewayTester, host: str, status: HTTPStatus) -> None:
    async with Browserless(gateway) as visitor:
        assert (await visitor.get("/console/", Host=host)).status == status


async def test_a_proxys_name_and_path_are_configured(gateway_tester: StartGateway) -> None:
    config = API.replace("  clients:", "  base_path: /cms\n  hosts: [Gateway.example.org]\n  clients:")
    async with gateway_tester(config) as gateway, Browserless(gateway, "/cms") as visitor:
        assert (await visitor.get("/console/", Host="gateway.example.org")).headers["Location"] == "/cms/console/login"
        await visitor.log_in()
        page = await (await visitor.get("/console/events")).text()
        assert set(re.findall(r'(?:href|src|action)="(/[^/"]*)', page)) == {"/cms"}
        assert (await visitor.get("/api/v1/events", Authorization=f"Bearer {SEE}")).status == HTTPStatus.OK


async def test_whoever_is_wrong_too_often_waits(gateway: GatewayTester) -> None:
    async with Browserless(gateway) as stranger:
        with capture_logs() as logs:
            answers = [await stranger.post("/console/login", {"token": f"a-wrong-token-{n}"}) for n in range(6)]
        assert [answer.status for answer in answers] == [HTTPStatus.UNAUTHORIZED] * 5 + [HTTPStatus.TOO_MANY_REQUESTS]
        assert int(answers[-1].headers["Retry-After"]) <= 12
        assert "a-wrong-token" not in str(logs)
        assert [line["log_level"] for line in logs] == ["warning"] * 6
        await gateway.let_pass(13)
        await stranger.log_in()


async def test_what_a_browser_may_do_with_a_page(gateway: GatewayTester) -> None:
    async with Browserless(gateway) as visitor:
        await visitor.log_in()
        for path in ("/console/", "/console/nowhere", "/console/login"):
            headers = (await visitor.get(path)).headers
            assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'; style-src")
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Cache-Control"] == "no-store"
        page = await (await visitor.get("/console/")).text()
        [style] = re.findall(r'href="([^"]+\.css)"', page)
        assert "immutable" in (await visitor.get(style)).headers["Cache-Control"]
        assert (await visitor.get(re.sub(r"static/\w+/", "static/0/", style))).headers["Cache-Control"] == "no-store"
        assert "style=" not in page
        assert "onclick" not in page


ODD_PATHS = (
    "/events?before=x",
    "/events?before=99999999999999999999",
    "/events?status=none",
    "/events?since=yesterday",
    "/events?since=9999-12-31T23:59&until=0001-01-01T00:00",
    "/events?name=%00&source=%ff&subject=%F0%9F%92%A9%27%22%3B--",
    "/events?limit=1000000",
    "/events/%00",
    "/events/%ff/body",
    "/events/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "/search?q=%00%ff",
    "/search",
    "/?span=%ff",
    "/tail?name=%00",
    "/tail/stream/",
    "/static/x/..%2f..%2fconfig.py",
    "/nowhere",
    "/login?code=%00",
    "/login?to=//elsewhere.example/",
)


async def test_no_address_makes_it_fail(gateway: GatewayTester) -> None:
    async with Browserless(gateway) as visitor:
        await visitor.log_in()
        for path in ODD_PATHS:
            answer = await visitor.get(f"/console{path}")
            assert answer.status < HTTPStatus.INTERNAL_SERVER_ERROR, path
            assert answer.status == HTTPStatus.SEE_OTHER or "<h1>" in await answer.text(), path


@pytest.mark.parametrize(
    "to", ["//elsewhere.example", "https://elsewhere.example", "\\\\elsewhere.example", "/\r\nX: y"]
)
async def test_a_login_leads_into_the_console(gateway: GatewayTester, to: str) -> None:
    async with Browserless(gateway) as visitor:
        answer = await visitor.post("/console/login", {"token": ALL, "to": to})
        assert answer.status < HTTPStatus.INTERNAL_SERVER_ERROR
        assert answer.headers.get("Location", "/console/").startswith("/console/")
        assert "X" not in answer.headers


async def test_a_stream_goes_on_wherever_it_is_told_to(gateway: GatewayTester) -> None:
    async with Browserless(gateway) as visitor:
        await visitor.log_in()
        url = f"{visitor.address}/console/tail/stream"
        for after in ("", "x", "-1", "9" * 30, "9" * 4000, "\u0663", "99999999"):
            async with visitor.session.get(url, params={"after": after}) as stream:
                assert await stream.content.readline() == b"retry: 1000\n"
                event = await gateway.fire("collections.save.after")
                lines = [line async for line in _until(f"id: {event.seq}\n".encode(), stream.content)]
                assert all(int(line[4:]) <= event.seq for line in lines if line.startswith(b"id: ")), after


async def test_a_stream_outlives_a_store_that_is_away(gateway: GatewayTester, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = asyncio.Event()

    async def away(*_: object) -> None:
        asked.set()
        raise StoreUnavailableError("the database is away")

    async with Browserless(gateway) as visitor:
        await visitor.log_in()
        async with visitor.session.get(f"{visitor.address}/console/tail/stream") as stream:
            assert await stream.content.readline() == b"retry: 1000\n"
            with monkeypatch.context() as patch:
                patch.setattr(gateway.gateway.store, "walk", away)
                await asked.wait()
            event = await gateway.fire("collections.save.after")
            assert [line async for line in _until(f"id: {event.seq}\n".encode(), stream.content)] == [b"\n"]


async def test_streams_are_bounded_and_end_with_the_gateway(gateway: GatewayTester) -> None:
    async with AsyncExitStack() as stack:
        visitor = await stack.enter_async_context(Browserless(gateway))
        await visitor.log_in()
        url = f"{visitor.address}/console/tail/stream"
        streams = [await stack.enter_async_context(visitor.session.get(url)) for _ in range(MOST_WATCHERS)]
        assert (await visitor.get("/console/tail/stream")).status == HTTPStatus.CONFLICT
        await gateway.gateway.stop()
        for stream in streams:
            assert await stream.content.read() == b"retry: 1000\n\n"


async def test_a_stream_is_opened_by_who_reads_it_alone(gateway: GatewayTester) -> None:
    async with Browserless(gateway) as visitor:
        await visitor.log_in()
        async with visitor.session.head(f"{visitor.address}/console/tail/stream") as answer:
            assert answer.status == HTTPStatus.METHOD_NOT_ALLOWED


@pytest.mark.parametrize(
    ("listen", "hosts", "link"),
    [
        ("0.0.0.0:0", "[]", r"http://localhost:\d+/console/login\?"),
        ("unix:{folder}/api.sock", "[gateway.example.org]", r"https://gateway\.example\.org/console/login\?"),
        ("unix:{folder}/api.sock", "[]", None),
    ],
)
async def test_a_link_is_one_that_a_browser_can_follow(
    gateway_tester: StartGateway, tmp_path: Path, listen: str, hosts: str, link: str | None
) -> None:
    config = API.replace("127.0.0.1:0", listen.format(folder=tmp_path)).replace(
        "  clients:", f"  hosts: {hosts}\n  clients:"
    )
    async with gateway_tester(config) as gateway:
        links = gateway.gateway.console.links
        if link is None:
            with pytest.raises(ConflictError, match=r"api\.hosts"):
                links.new()
        else:
            assert re.match(link, links.new())


async def test_what_is_no_small_form_is_not_read(gateway: GatewayTester) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b"token=x"

    form = {"Content-Type": "application/x-www-form-urlencoded"}
    async with Browserless(gateway) as stranger:
        for body, headers, status in (
            (b"{}", {"Content-Type": "application/json"}, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
            (gzip.compress(b"token=x"), form | {"Content-Encoding": "gzip"}, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
            (endless(), form, HTTPStatus.LENGTH_REQUIRED),
            (b"token=" + b"x" * LARGEST_FORM, form, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
            (b"token=x", {"Content-Type": f"{form['Content-Type']}; charset=none"}, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
            (b"token=\xff", form, HTTPStatus.BAD_REQUEST),
        ):
            async with stranger.session.post(f"{stranger.address}/console/login", data=body, headers=headers) as answer:
                assert answer.status == status
