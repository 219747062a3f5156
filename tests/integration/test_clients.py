"""Who may post, by address: directly, and through proxies."""

from __future__ import annotations

from pathlib import Path

import gateways
import orjson
import pytest

from cockpit_gateway.testing import captures

SAVE = captures.capture("collections.save.after").body
GUARDED = "sources: {website: {tokens: [a-token], allow_from: [192.0.2.0/24, '2001:db8::/32']}}"
TOKEN = {"X-Gateway-Token": "a-token"}


async def status(directory: Path, server: str, headers: dict[str, str], yaml: str = GUARDED) -> int:
    async with gateways.running(directory, yaml, server=server) as gateway:
        return (await gateways.post(gateway, SAVE, headers=TOKEN | headers)).status


async def test_an_address_that_is_not_listed_is_told_so(tmp_path: Path) -> None:
    async with gateways.running(tmp_path, GUARDED) as gateway:
        answer = await gateways.post(gateway, SAVE, headers=TOKEN)
        assert answer.status == 403
        assert orjson.loads(answer.body)["detail"] == (
            "Source 'website' takes nothing from 127.0.0.1; sources.website.allow_from says from where."
        )


@pytest.mark.parametrize(
    ("listen", "allowed"),
    [
        ("127.0.0.1:0", "127.0.0.0/8"),
        ("127.0.0.1:0", "'::ffff:127.0.0.1'"),
        ("127.0.0.1:0", "'::ffff:127.0.0.0/104'"),
        ("[::1]:0", "'::1'"),
    ],
)
async def test_an_address_that_is_listed_may_post(tmp_path: Path, listen: str, allowed: str) -> None:
    yaml = f"sources: {{website: {{tokens: [a-token], allow_from: [{allowed}]}}}}"
    async with gateways.running(tmp_path, yaml, listen=listen) as gateway:
        assert (await gateways.post(gateway, SAVE, headers=TOKEN)).status == 202


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"X-Forwarded-For": "192.0.2.7"}, 202),
        ({"X-Forwarded-For": "192.0.2.7:4711"}, 202),
        ({"X-Forwarded-For": "::ffff:192.0.2.7"}, 202),
        ({"X-Forwarded-For": "[2001:db8::1]:4711"}, 202),
        ({"X-Forwarded-For": "2001:DB8::1"}, 202),
        ({"X-Forwarded-For": "203.0.113.9, 192.0.2.7"}, 202),
        ({"X-Forwarded-For": "203.0.113.9, 192.0.2.7, 10.1.2.3"}, 202),
        ({"Forwarded": "for=192.0.2.7;proto=https"}, 202),
        ({"Forwarded": 'by=x; For="[2001:db8::1]:4711"'}, 202),
        ({"Forwarded": 'for=", for=192.0.2.7'}, 202),
        ({"Forwarded": "for=192.0.2.7", "X-Forwarded-For": "192.0.2.7"}, 202),
        ({"X-Forwarded-For": "192.0.2.7, 203.0.113.9"}, 403),
        ({"X-Forwarded-For": "192.0.2.7, 203.0.113.9, 10.1.2.3"}, 403),
        ({"X-Forwarded-For": "192.0.2.7, unknown"}, 403),
        ({"X-Forwarded-For": ""}, 403),
        ({"X-Forwarded-For": "192.0.2.7,"}, 403),
        ({"X-Forwarded-For": "192.0.2.256"}, 403),
        ({"X-Forwarded-For": "0xC0.0.2.7"}, 403),
        ({"X-Forwarded-For": "3221225991"}, 403),
        ({"Forwarded": "for=192.0.2.7, for=203.0.113.9"}, 403),
        ({"Forwarded": 'for=203.0.113.9;x=", for=192.0.2.7"'}, 403),
        ({"Forwarded": "for=_hidden"}, 403),
        ({"Forwarded": "proto=https"}, 403),
        ({"Forwarded": "for=192.0.2.7", "X-Forwarded-For": "203.0.113.9"}, 403),
        ({"Forwarded": "for=203.0.113.9", "X-Forwarded-For": "192.0.2.7"}, 403),
        ({}, 403),
    ],
)
async def test_of_a_trusted_proxy_the_nearest_stranger_counts(
    tmp_path: Path, headers: dict[str, str], expected: int
) -> None:
    assert await status(tmp_path, "trusted_proxies: [127.0.0.1, 10.0.0.0/8]", headers) == expected


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
@pytest.mark.parametrize("allowed", ["192.0.2.0/24", "127.0.0.1"])
async def test_who_is_not_trusted_forwards_nothing(tmp_path: Path, name: str, allowed: str) -> None:
    yaml = f"sources: {{website: {{tokens: [a-token], allow_from: [{allowed}]}}}}"
    value = "for=192.0.2.7" if name == "Forwarded" else "192.0.2.7"
    assert await status(tmp_path, "trusted_proxies: [10.0.0.1]", {name: value}, yaml) == 403


@pytest.mark.parametrize(
    ("forwarded_for", "expected"),
    [
        ("127.0.0.1", 202),
        ("::1", 202),
        ("::ffff:127.0.0.1", 202),
        ("203.0.113.9", 403),
        ("127.0.0.1, 203.0.113.9", 403),
    ],
)
async def test_without_a_token_a_trusted_proxy_may_forward_this_machine_only(
    tmp_path: Path, forwarded_for: str, expected: int
) -> None:
    headers = {"X-Forwarded-For": forwarded_for}
    assert await status(tmp_path, "trusted_proxies: [127.0.0.1, '::1']", headers, gateways.MINIMAL) == expected


@pytest.mark.parametrize(
    ("server", "headers", "expected"),
    [
        ("", {}, 202),
        ("", {"X-Forwarded-For": "192.0.2.7"}, 403),
        ("trusted_proxies: [127.0.0.1]", {"X-Forwarded-For": "192.0.2.7"}, 403),
        ("trusted_proxies: [unix]", {"X-Forwarded-For": "192.0.2.7"}, 202),
        ("trusted_proxies: [unix]", {"X-Forwarded-For": "203.0.113.9"}, 403),
        ("trusted_proxies: [unix]", {}, 202),
    ],
)
async def test_a_unix_socket_can_be_a_proxys(
    tmp_path: Path, server: str, headers: dict[str, str], expected: int
) -> None:
    listen = f"unix:{tmp_path}/http.sock"
    async with gateways.running(tmp_path, GUARDED, listen=listen, server=server) as gateway:
        assert (tmp_path / "http.sock").stat().st_mode & 0o777 == 0o600
        assert (await gateways.post(gateway, SAVE, headers=TOKEN | headers)).status == expected


async def test_more_than_the_rate_is_told_when_to_come_again(tmp_path: Path) -> None:
    yaml = "sources: {website: {rate: 2/h}, shop: {}}"
    async with gateways.running(tmp_path, yaml) as gateway:
        first, second = [await gateways.post(gateway, SAVE) for _ in range(2)]
        assert (first.status, second.status) == (202, 429)
        assert 1700 < int(second.headers["retry-after"]) <= 1800
        assert (await gateways.post(gateway, SAVE, "/cockpit/shop")).status == 202


async def test_one_post_with_an_expectation_counts_once_for_the_rate(tmp_path: Path) -> None:
    head = b"POST /cockpit/website HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(
        SAVE
    )
    async with gateways.running(tmp_path, "sources: {website: {rate: 2/s}}") as gateway:
        for _ in range(2):
            reader, writer = await gateways.connect(gateway)
            writer.write(head + SAVE)
            assert [(await gateways.read_answer(reader)).status for _ in range(2)] == [100, 202]
            writer.close()


async def test_strangers_do_not_use_up_the_rate(tmp_path: Path) -> None:
    async with gateways.running(tmp_path, "sources: {website: {tokens: [a-token], rate: 1/h}}") as gateway:
        statuses = [(await gateways.post(gateway, SAVE, headers=headers)).status for headers in ({}, {}, TOKEN, TOKEN)]
        assert statuses == [401, 401, 202, 429]
