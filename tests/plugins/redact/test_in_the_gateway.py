"""The plugin where it belongs: between what arrives and what is stored."""

from __future__ import annotations

from pathlib import Path

import gateways
from redact_kit import ARGON2, BCRYPT
from structlog.testing import capture_logs

from cockpit_gateway import EventStatus
from cockpit_gateway.events import encode_like_cockpit
from cockpit_gateway.testing.captures import capture

ACCEPTS_LOGINS = "sources: {website: {accept: [cockpit.authentication.*]}}\n"


async def test_secrets_are_masked_without_any_configuration(tmp_path: Path) -> None:
    names = ("collections.save.after", "cockpit.accounts.save", "odd/unicode", "cockpit.authentication.failed")
    async with gateways.running(tmp_path, ACCEPTS_LOGINS) as gateway:
        for name in names:
            assert (await gateways.post(gateway, capture(name).body)).status == 202
        saved, account, unicode, failed = await gateways.stored(gateway)

    assert saved.args[1]["secret"] == "***"
    assert (account.args[0]["password"], account.args[0]["api_key"]) == ("***", "***")
    assert unicode.body == capture("odd/unicode").body
    assert failed.args == [{"user": "admin", "password": "***"}, "Authentication failed"]
    for file in tmp_path.glob("gateway.db*"):
        content = file.read_bytes()
        assert not any(secret in content for secret in (b"$2y$", b"account-joe", b"hunter2"))


async def test_a_secret_nested_too_deep_is_not_stored(tmp_path: Path) -> None:
    body = encode_like_cockpit(
        {"event": "collections.save.after", "hook": "h", "backend": 1, "args": ["posts", "HERE"]}
    )
    nested = b"[" * 1015 + b'"%s"' % ARGON2.replace("/", "\\/").encode() + b"]" * 1015
    async with gateways.running(tmp_path) as gateway:
        with capture_logs() as logs:
            assert (await gateways.post(gateway, body.replace(b'"HERE"', nested))).status == 202
        [event] = await gateways.stored(gateway)

    assert event.status is EventStatus.WITHHELD
    assert logs == []
    assert event.problem == "the body is nested deeper than the 512 levels of server.max_depth"
    assert ARGON2[:9].encode() not in event.body


async def test_own_rules_apply_to_what_is_stored(tmp_path: Path) -> None:
    rules = "plugins: {redact: {rules: [{events: [forms.save.*], paths: ['1.data.email']}]}}\n"
    async with gateways.running(tmp_path, gateways.MINIMAL + rules) as gateway:
        for name in ("forms.save.after", "forms.save.after.contact", "collections.save.after"):
            await gateways.post(gateway, capture(name).body)
        first, second, third = await gateways.stored(gateway)

    assert first.args[1]["data"]["email"] == second.args[1]["data"]["email"] == "***"
    assert first.args[1]["data"]["name"] == "Zoë 😀"
    assert BCRYPT.encode() not in third.body
