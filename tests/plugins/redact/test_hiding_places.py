"""Nothing gets past the rules by the way it is written or nested, whatever arrives."""

from __future__ import annotations

import copy
import json
import random
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redact_kit import ARGON2, BCRYPT, CATALOGUE, Redactor, changes, event_of, posted, recorded

from cockpit_gateway import Event
from cockpit_gateway.testing.captures import all_captures, capture
from cockpit_gateway_redact.masking import mask_of
from cockpit_gateway_redact.plugin import NestedTooDeepError
from cockpit_gateway_redact.rules import built_in_rules
from cockpit_gateway_redact.scanning import scan_for

HASH = re.compile(r"\$2[abxy]\$\d\d\$[./\w]|\$argon2(id|i|d)\$\w")
KEYS = ["password", "token", "api_key", "master", "url", "auth", "user", "args", "webhook", "csrf", "0", "1", "*", "**"]
NAMES = sorted({entry.generic_name for entry in CATALOGUE.entries.values()})

texts = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(
    [BCRYPT, ARGON2, f"a {BCRYPT}/ {ARGON2}.", "***"]
)
jsons = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts | st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=20,
)
events = st.builds(lambda name, args: posted(name, *args), st.sampled_from(NAMES), st.lists(jsons, max_size=4))


@given(events)
def test_whatever_arrives_no_hash_survives_in_a_value_and_the_shape_stays(event: Event) -> None:
    before = copy.deepcopy(event.args)

    after = Redactor()(event) or event

    assert event.args == before
    assert event_of(after.body).args == after.args
    assert [text for text in all_texts(after.args) if HASH.search(text)] == []
    for _, old, new in changes(before, after.args):
        assert "***" in new
        assert old is not None
        assert old is not False
        assert old not in ("", [], {})


@given(events)
def test_the_second_time_nothing_changes(event: Event) -> None:
    after = Redactor()(event)
    assert after is None or Redactor()(after) is None


@given(events, st.randoms(use_true_random=False), st.booleans())
def test_the_scan_misses_nothing_that_the_walk_finds(event: Event, random: random.Random, escaped: bool) -> None:
    rules = [rule for rule in built_in_rules() if rule.covers(event.name)]
    body = with_escapes(event.body, random) if escaped else event.body
    assert json.loads(body)["args"] == event.args
    assert mask_of(rules)(event.args) is None or scan_for(rules)(body)


def all_texts(value: Any) -> list[str]:
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [value] if isinstance(value, str) else [text for inner in values for text in all_texts(inner)]


def with_escapes(body: bytes, random: random.Random) -> bytes:
    """Write some letters, digits and dollar signs of a body's strings as no PHP does."""

    def escape(found: re.Match[str]) -> str:
        is_plain = len(found[0]) == 1
        return f"\\u{ord(found[0]):04x}" if is_plain and random.random() < 0.5 else found[0]

    def escape_string(found: re.Match[str]) -> str:
        return re.sub(r"\\u\w{4}|\\.|[$2ayprs_]", escape, found[0])

    return re.sub(r'"(?:[^"\\]|\\.)*"', escape_string, body.decode()).encode()


@pytest.mark.parametrize(
    "body",
    [
        rb'{"event":"cockpit.authentication.failed","args":[{"pass\u0077ord":"hunter2"}]}',
        rb'{"event":"cockpit.authentication.failed","args":[{"\u0070assword":"hunter2"}]}',
        rb'{ "event" : "cockpit.authentication.failed" , "args" : [ { "password" : "hunter2" } ] }',
        rb'{"args":{"0":{"password":"hunter2"}},"event":"cockpit.authentication.failed"}',
        rb'{"event":"error","args":["\u00242y$10$hunter2"]}',
        rb'{"event":"error","args":["$\u0032y$10$hunter2"]}',
        rb'{"event":"error","args":["\u0024argon2id$hunter2"]}',
        rb'{"event":"error","args":["$2y$10\u0024hunter2"]}',
        rb'{"event":"error","args":["$2y$10$\/hunter2"]}',
        rb'{"event":"error","args":["{\"a\":\"$2y$10$ab\\\/hunter2\"}"]}',
        rb'{"event":"error","args":["{\"a\":\"{\\\"b\\\":\\\"$2y$10$ab\\\\\\\/hunter2\\\"}\"}"]}',
    ],
    ids=str,
)
def test_no_way_to_write_it_hides_a_secret(body: bytes) -> None:
    after = Redactor()(event_of(body))
    assert after is not None
    assert b"hunter2" not in after.body
    assert b"***" in after.body


def test_a_hash_is_taken_out_of_a_text_that_stays_what_it_is() -> None:
    body = f"<td>{BCRYPT}</td> <td>{ARGON2}</td>"
    embedded = json.dumps({"a": BCRYPT, "b": [ARGON2]}).replace("/", "\\/")

    masked = Redactor().args("collections.save.after", "posts", {"body": body, "json": embedded}, True)

    assert masked[1]["body"] == "<td>***</td> <td>***</td>"
    assert json.loads(masked[1]["json"]) == {"a": "***", "b": ["***"]}


def test_an_event_is_not_even_decoded_if_its_bytes_hold_nothing_to_mask() -> None:
    captured = [found for found in all_captures() if (found.event or "").startswith("collections.save.after")]
    plain = [found for found in captured if b"$2y$" not in found.body]
    assert len(plain) > 5
    for found in plain:
        event = Event("1", found.event or "", "website", found.body, 0.0)
        assert Redactor()(event) is None
        assert event._args is None


def test_the_deepest_nesting_that_was_recorded_hides_nothing() -> None:
    deepest = capture("odd/deep-509")
    assert Redactor()(recorded(deepest)) is None

    innermost, hiding = b'"c":1}', b'"c":"%s"}' % BCRYPT.replace("/", "\\/").encode()
    assert deepest.body.count(innermost) == 1
    after = Redactor()(event_of(deepest.body.replace(innermost, hiding)))

    assert after is not None
    assert after.body == deepest.body.replace(innermost, b'"c":"***"}')


DEPTH = 100_000


def nested(innermost: object) -> Event:
    """Return an event that is nested deeper than JSON can be read; something else may have made it."""
    value: object = {"password": innermost}
    for _ in range(DEPTH):
        value = [value]
    return Event("1", "cockpit.authentication.failed", "website", b'{"password"', 0.0, _args=[value])


def test_endless_nesting_is_looked_through_to_its_end() -> None:
    assert Redactor()(nested("")) is None


def test_what_is_nested_too_deep_to_be_written_is_refused_on_purpose() -> None:
    with pytest.raises(NestedTooDeepError, match="nested too deep"):
        Redactor()(nested("hunter2"))


def test_all_of_many_secrets_at_a_great_depth_are_masked_and_what_is_beside_them_is_shared() -> None:
    beside = {"title": "Hello"}
    value: Any = [BCRYPT, "text"] * 1000
    for _ in range(400):
        value = {"beside": beside, "below": value}
    event = posted("collections.save.after", "posts", value)

    after = Redactor()(event)

    assert after is not None
    assert after.body.count(b'"***","text"') == 1000
    assert BCRYPT not in all_texts(after.args)
    assert after.args[1]["below"]["beside"] is event.args[1]["below"]["beside"]
