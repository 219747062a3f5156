"""Secrets out of events: each listed place, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import captures
import orjson
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cockpit_gateway import Event, EventStatus, PluginContext
from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.clock import SystemClock
from cockpit_gateway.envelope import read_envelope
from cockpit_gateway_redact import RedactPlugin
from cockpit_gateway_redact.rules import HASH, built_in_rules

CATALOGUE = Catalogue()
BCRYPT = "$2y$10$ihx0TMLff8NIIYhe0V6NeukwKPNWz/rVW81VKjXrpc2KKn4PFMwBK"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.just(BCRYPT),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["password", "token", "0"]), inner),
)


def event_of(body: bytes) -> Event:
    return read_envelope(body, event_id="1", source="website", label=None, received_at=0.0, catalogue=CATALOGUE)


def posted(name: str, *args: object) -> Event:
    return event_of(orjson.dumps({"event": name, "hook": "h", "backend": 1, "args": args}))


def redact(event: Event, **config: Any) -> Event | None:
    plugin = RedactPlugin()
    settings = plugin.Config.model_validate(config, context={"catalogue": CATALOGUE})
    context = PluginContext("redact", settings, structlog.get_logger(), SystemClock(), CATALOGUE)
    changed: Event | None = plugin.filter_event(event, context)
    return changed


LISTED: Mapping[str, list[str]] = {
    "cockpit.authentication.failed": ["hunter2-wrong"],
    "odd/authentication-failed-email": [],
    "cockpit.api.authenticate": ["WRONG-token-value"],
    "cockpit.restadmin.top": ["MASTERKEY-throwaway", "LIMITED-throwaway"],
    "cockpit.restadmin.main": ["MASTERKEY-throwaway", "LIMITED-throwaway"],
    "cockpit.restadmin.aside": ["MASTERKEY-throwaway", "LIMITED-throwaway"],
    "cockpit.accounts.save": ["account-joe0000000000"],
    "odd/find-before-leaks-account": [],
    "collections.save.before": [],
    "collections.save.after": [],
    "collections.save.before.posts": [],
    "collections.save.after.posts": [],
    "collections.find.after": [],
    "collections.find.after.posts": [],
    "cockpit.webhook": ["127.0.0.1:8901", "Content-Type"],
    "forms.open.after": [],
}
"""Captures that hold secrets, with those of them that are no password hashes."""


@pytest.mark.parametrize("file", LISTED)
def test_a_listed_capture_is_masked(file: str) -> None:
    before = event_of(captures.capture(file).body)
    after = redact(before)
    assert after is not None
    assert b"***" in after.body
    for secret in LISTED[file]:
        assert secret in str(before.args)
        assert secret not in str(after.args)
    assert HASH.search(str(after.args)) is None
    assert redact(after) is None


def changed_places(before: Any, after: Any, place: str = "") -> list[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        assert before.keys() == after.keys()
        return [found for key in before for found in changed_places(before[key], after[key], f"{place}.{key}")]
    if isinstance(before, list) and isinstance(after, list):
        assert len(before) == len(after)
        return [
            found
            for number, (one, other) in enumerate(zip(before, after, strict=True))
            for found in changed_places(one, other, f"{place}.{number}")
        ]
    return [] if before == after else [place.removeprefix(".")]


@pytest.mark.parametrize(
    ("file", "places"),
    [
        ("cockpit.authentication.failed", ["0.password"]),
        ("odd/authentication-failed-email", ["0.password"]),
        ("cockpit.api.authenticate", ["0.token"]),
        ("cockpit.restadmin.top", ["0.master", "0.special.0.token"]),
        ("cockpit.accounts.save", ["0.password", "0.api_key"]),
        ("odd/find-before-leaks-account", ["1.fieldsFilter.user.password", "1.fieldsFilter.user.api_key"]),
        ("collections.save.after", ["1.secret"]),
        ("cockpit.webhook", ["0.url", "0.data", "0.headers", "0.auth"]),
        ("forms.open.after", ["1.csrf"]),
    ],
)
def test_nothing_but_the_secrets_changes(file: str, places: list[str]) -> None:
    before = event_of(captures.capture(file).body)
    untouched = orjson.dumps(before.args)
    after = redact(before)
    assert after is not None
    assert changed_places(before.args, after.args) == places
    assert orjson.dumps(before.args) == untouched


@pytest.mark.parametrize(
    "capture", [found for found in captures.all_captures() if found.file not in LISTED], ids=lambda found: found.file
)
def test_a_capture_without_secrets_keeps_its_bytes(capture: captures.Capture) -> None:
    event = event_of(capture.body)
    assert HASH.search(capture.body.decode().replace("\\/", "/")) is None
    assert redact(event) is None


ACCOUNT = {"user": "joe", "password": BCRYPT, "api_key": "account-0123", "_reset_token": "rp-0123"}


@pytest.mark.parametrize(
    ("event", "places"),
    [
        (posted("cockpit.authentication.success", ACCOUNT), ["0.password", "0.api_key", "0._reset_token"]),
        (posted("cockpit.account.logout", ACCOUNT), ["0.password", "0.api_key", "0._reset_token"]),
        (posted("cockpit.account.fields", None, ACCOUNT), ["1.password", "1.api_key", "1._reset_token"]),
        (posted("cockpit.account.panel", ACCOUNT), ["0.password", "0.api_key", "0._reset_token"]),
        (posted("cockpit.account.editview", ACCOUNT), ["0.password", "0.api_key", "0._reset_token"]),
        (posted("cockpit.auth.setuser", ACCOUNT, True), ["0.password", "0.api_key", "0._reset_token"]),
        (posted("app.render.view", "restadmin", {"keys": {"master": "m", "special": [{"token": "t"}]}}),
         ["1.keys.master", "1.keys.special.0.token"]),
        (posted("app.render.view/cockpit:views/x.php", "x", {"webhook": {"url": "u", "auth": {"pass": "p"}}}),
         ["1.webhook.url", "1.webhook.auth"]),
        (posted("cockpit.filestorages.init", {"s3": {"args": [{"credentials": {"key": "k"}}], "mount": True}}),
         ["0.s3.args.0.credentials"]),
        (posted("singleton.saveData.after", {"name": "s"}, {"pin": "$argon2id$v=19$m=65536,t=4,p=1$c2FsdA$aGFzaA"}),
         ["1.pin"]),
    ],
)  # fmt: skip
def test_shapes_that_were_not_recorded_are_masked_too(event: Event, places: list[str]) -> None:
    after = redact(event)
    assert after is not None
    assert changed_places(event.args, after.args) == places


@pytest.mark.parametrize(
    "event",
    [
        posted("cockpit.auth.setuser", False, False),
        posted("cockpit.account.logout", None),
        posted("cockpit.authentication.failed", "joe"),
        posted("cockpit.restadmin.top", []),
        posted("cockpit.restadmin.top"),
        posted("cockpit.accounts.save", {"password": "", "api_key": None}),
        posted("cockpit.media.upload", ["/var/www/cockpit/storage/password.txt"], []),
        event_of(b""),
    ],
)
def test_where_there_is_nothing_to_hide_nothing_changes(event: Event) -> None:
    assert redact(event) is None


def test_an_escaped_key_or_hash_smuggles_nothing_past() -> None:
    body = rb'{"event":"cockpit.authentication.failed","args":[{"pass\u0077ord":"hunter2","x":"\u00242y$10$' + (
        BCRYPT[7:].encode() + rb'"}]}'
    )
    after = redact(event_of(body))
    assert after is not None
    assert after.args == [{"password": "***", "x": "***"}]


def test_deep_nesting_is_no_hiding_place() -> None:
    nested: object = BCRYPT
    for _ in range(500):
        nested = {"n": nested}
    after = redact(posted_deep(nested))
    assert after is not None
    assert b"$2y$" not in after.body


def posted_deep(nested: object) -> Event:
    # orjson writes 254 levels; Cockpit nests up to 512.
    import json  # noqa: PLC0415

    body = json.dumps({"event": "collections.save.after", "args": ["posts", nested]}).encode()
    return event_of(body)


def test_own_rules_add_to_the_built_in_ones() -> None:
    rules = [{"events": ["forms.submit.*"], "paths": ["1.email", "**.phone"]}]
    event = posted("forms.submit.after", "contact", {"email": "a@b", "x": {"phone": 7}, "hash": BCRYPT})
    after = redact(event, rules=rules)
    assert after is not None
    assert after.args == ["contact", {"email": "***", "x": {"phone": "***"}, "hash": "***"}]


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (
            {"events": ["collections.safe.after"], "paths": ["0"]},
            "unknown event 'collections.safe.after', did you mean",
        ),
        ({"events": [], "paths": ["0"]}, "at least 1 item"),
        ({"events": ["error"], "paths": ["message"]}, "should match pattern"),
    ],
)
def test_a_rule_with_a_mistake_is_refused(rule: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(says)):
        redact(posted("error"), rules=[rule])


@pytest.mark.parametrize("rule", built_in_rules(), ids=lambda rule: rule.events[0])
def test_every_built_in_rule_says_why_and_names_events(rule: Any) -> None:
    assert rule.why.endswith(".")
    assert rule.paths or rule.hashes


@given(st.sampled_from([entry.generic_name for entry in CATALOGUE.entries.values()]), st.lists(JSON, max_size=5))
def test_whatever_arrives_no_hash_survives_and_the_second_time_changes_nothing(name: str, args: list[Any]) -> None:
    event = Event("1", name, "s", b"", 0.0, status=EventStatus.ACCEPTED).with_args(args)
    after = redact(event)
    if after is not None:
        assert len(after.args) == len(args)
        assert redact(after) is None
    assert HASH.search((after or event).body.decode().replace("\\/", "/")) is None
