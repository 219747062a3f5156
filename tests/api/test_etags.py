"""ETags: what has not changed is not sent again."""

from __future__ import annotations

import pytest
from api_kit import Client

from cockpit_gateway.testing import GatewayTester

PATHS = ["events", "deliveries", "targets", "targets/webhook/first", "plugins", "status", "openapi.json"]


@pytest.mark.parametrize("path", PATHS)
async def test_what_has_not_changed_is_not_sent_again(gateway: GatewayTester, client: Client, path: str) -> None:
    await gateway.fire("collections.save.after")
    first = await client.get(path)
    again = await client.get(path, If_None_Match=f'"other", W/{first.headers["ETag"]}')
    other = await client.get(path, If_None_Match='"other"')
    assert (first.status, again.status, other.status) == (200, 304, 200)
    assert (again.text, again.headers["ETag"], other.text) == ("", first.headers["ETag"], first.text)


async def test_what_has_changed_is_sent(gateway: GatewayTester, client: Client) -> None:
    event = await gateway.fire("collections.save.after")
    paths = (f"events/{event.id}", "deliveries", "targets", "targets/webhook/first")
    etags = [(await client.get(path)).headers["ETag"] for path in paths]
    await client.post("deliveries/cancel")
    for path, etag in zip(paths, etags, strict=True):
        assert (await client.get(path, If_None_Match=etag)).status == 200


@pytest.mark.parametrize("path", PATHS)
async def test_head_is_get_without_the_body(client: Client, path: str) -> None:
    shown, head = await client.get(path), await client.ask("HEAD", path)
    assert (head.status, head.text) == (200, "")
    assert [head.headers[name] for name in ("ETag", "Content-Length")] == [
        shown.headers[name] for name in ("ETag", "Content-Length")
    ]
