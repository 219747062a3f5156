"""Rules of a user's own: what they mask, and which are refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import ValidationError
from redact_kit import BCRYPT, Redactor

CONTACT = {"email": "joe@example.org", "phone": 7, "text": "call +49 30 123456 or joe@example.org"}


@pytest.mark.parametrize(
    ("path", "args", "masked"),
    [
        ("1.email", ["a", {"email": "b", "c": {"email": "d"}}], ["a", {"email": "***", "c": {"email": "d"}}]),
        ("0", ["a", "b"], ["***", "b"]),
        ("1", ["a"], ["a"]),
        ("0.1", [["a", "b"]], [["a", "***"]]),
        ("0.1", [{"0": "a", "1": "b"}], [{"0": "a", "1": "***"}]),
        ("0.7", [["a", "b"]], [["a", "b"]]),
        ("0.a.b", [{"a": "b"}], [{"a": "b"}]),
        ("0.*", [{"a": 1, "b": {"c": 2}}], [{"a": "***", "b": "***"}]),
        ("0.*.c", [{"a": 1, "b": {"c": 2}}], [{"a": 1, "b": {"c": "***"}}]),
        ("*.c", [{"c": 1}, {"c": 2}], [{"c": "***"}, {"c": "***"}]),
        ("**.c", [{"c": 1, "d": [{"c": [2]}]}], [{"c": "***", "d": [{"c": "***"}]}]),
        ("**.a.c", [{"c": 1, "a": {"c": 2, "d": {"c": 3}}}], [{"c": 1, "a": {"c": "***", "d": {"c": 3}}}]),
        ("0.a.**.c", [{"c": 1, "a": {"c": 2, "d": {"c": 3}}}], [{"c": 1, "a": {"c": "***", "d": {"c": "***"}}}]),
        ("0.**.**.c", [{"c": 1, "a": {"c": 2}}], [{"c": "***", "a": {"c": "***"}}]),
        ("**.*_key", [{"api_key": 1, "key": 2}], [{"api_key": "***", "key": 2}]),
        ("0.a?b", [{"a.b": 1, "ab": 2}], [{"a.b": "***", "ab": 2}]),
        ("0.größe", [{"größe": 1}], [{"größe": "***"}]),
        ("0.a/b", [{"a/b": 1}], [{"a/b": "***"}]),
        ("0.2fa", [{"2fa": "x"}], [{"2fa": "***"}]),
        ("0.Pin", [{"Pin": 1, "pin": 2}], [{"Pin": "***", "pin": 2}]),
        ("0.n", [{"n": True}, 0], [{"n": "***"}, 0]),
        ("0.n", [{"n": 0}], [{"n": "***"}]),
        ("0.n", [{"n": 0.0}], [{"n": "***"}]),
        ("0.n", [{"n": False}], [{"n": False}]),
        ("0.n", [{"n": []}], [{"n": []}]),
    ],
)
def test_a_path_says_what_is_masked(path: str, args: list[Any], masked: list[Any]) -> None:
    assert Redactor({"events": ["error"], "paths": [path]}).args("error", *args) == masked


def test_overlapping_paths_mask_the_whole() -> None:
    redact = Redactor({"events": ["error"], "paths": ["0.a.b", "0.a", "**.b"]})
    assert redact.args("error", {"a": {"b": 1}, "b": {"a": 2}}) == [{"a": "***", "b": "***"}]


@pytest.mark.parametrize(
    ("value", "text", "masked"),
    [
        (r"\+?[0-9][0-9 ]{6,}[0-9]", CONTACT["text"], "call *** or joe@example.org"),
        (r"[\w.]+@[\w.]+", "joe@example.org, ann@example.org", "***, ***"),
        (r"sk_live_\w+", "key: sk_live_123", "key: ***"),
        (r"(?i)secret-\d+", "SECRET-12", "***"),
        (r"größe \d", "größe 7", "***"),
        (r"QQ7|ZZ9", "ZZ9", "***"),
        (r"ab?c", "ac", "***"),
        (r"^x", "xx", "***x"),
        (r"\d+", "٣", "***"),
        (r"[ab]{2}", "cab", "c***"),
        ("x", "", ""),
    ],
)
def test_a_value_says_which_part_of_a_text_is_masked(value: str, text: str, masked: str) -> None:
    redact = Redactor({"events": ["forms.save.*"], "values": [value]})
    assert redact.args("forms.save.after.contact", "no", {"data": [text, 1]}) == ["no", {"data": [masked, 1]}]


def test_own_rules_add_to_the_built_in_ones() -> None:
    redact = Redactor(
        {"events": ["forms.submit.*"], "paths": ["1.email"]}, {"events": ["*"], "paths": ["**.phone"], "why": "Law."}
    )

    masked = redact.args("forms.submit.after", "contact", CONTACT | {"hash": BCRYPT}, {})

    assert masked == ["contact", CONTACT | {"email": "***", "phone": "***", "hash": "***"}, {}]
    assert redact.args("error", {"email": "stays", "phone": "7"}) == [{"email": "stays", "phone": "***"}]


@pytest.mark.parametrize(
    "name", ["collections.save.after", "collections.save.after.posts", "collections.save.after.a.b"]
)
@pytest.mark.parametrize("events", ["collections.save.after", "collections.*", "*.save.after", "*"])
def test_a_rule_covers_every_collection(name: str, events: str) -> None:
    assert Redactor({"events": [events], "paths": ["1.iban"]}).args(name, "x", {"iban": "DE"}) == ["x", {"iban": "***"}]


@pytest.mark.parametrize("events", ["shop.order.paid", "shop.order.*", "shop.*"])
def test_a_rule_covers_an_add_ons_events(events: str) -> None:
    redact = Redactor({"events": [events], "paths": ["0.card"]})
    assert redact.args("shop.order.paid", {"card": "4111"}) == [{"card": "***"}]


def test_the_rules_are_those_of_the_context_it_is_called_with() -> None:
    email, phone = (Redactor({"events": ["error"], "paths": [path]}) for path in ("0.email", "0.phone"))
    phone.plugin = email.plugin
    for _ in range(2):
        assert email.args("error", {"email": 1, "phone": 2}) == [{"email": "***", "phone": 2}]
        assert phone.args("error", {"email": 1, "phone": 2}) == [{"email": 1, "phone": "***"}]


def test_no_rule_of_another_event_applies() -> None:
    redact = Redactor({"events": ["forms.submit.after"], "paths": ["**.email"], "values": ["joe"]})
    assert redact.args("forms.submit.before", "contact", CONTACT) == ["contact", CONTACT]


@pytest.mark.parametrize(
    ("rule", "where", "what"),
    [
        ({"paths": ["0"]}, "events", "Field required"),
        ({"events": [], "paths": ["0"]}, "events", "at least 1 item"),
        ({"events": ["collections.safe.after"], "paths": ["0"]}, "events.0", "did you mean 'collections.save.after'?"),
        ({"events": ["nothing.like.it"], "paths": ["0"]}, "events.0", "unknown event 'nothing.like.it'"),
        ({"events": ["nothing.*"], "paths": ["0"]}, "events.0", "no event matches 'nothing.*'"),
        (
            {"events": ["collections.save.after.posts"], "paths": ["0"]},
            "events.0",
            "a rule speaks of all collections, forms and singletons: write 'collections.save.after'",
        ),
        ({"events": ["collections.save.after.*"], "paths": ["0"]}, "events.0", "write 'collections.save.after'"),
        ({"events": ["collections.*.posts"], "paths": ["0"]}, "events.0", "leave out the last part of the name"),
        ({"events": ["error"], "paths": ["message"]}, "paths.0", 'write "0.message" for what is in the first one'),
        ({"events": ["error"], "paths": ["0..a"]}, "paths.0", "does not begin with an argument"),
        ({"events": ["error"], "paths": ["0.a.**"]}, "paths.0", "a path ends with what is masked"),
        ({"events": ["error"], "paths": ["**"]}, "paths.0", "a path ends with what is masked"),
        ({"events": ["error"], "values": ["("]}, "values.0", "valid regular expression"),
        ({"events": ["error"], "values": ["[0-9]*"]}, "values.0", "a text without any character matches"),
        ({"events": ["error"]}, "", "the rule masks nothing: give it paths or values"),
        ({"events": ["error"], "path": ["0"]}, "path", "Extra inputs are not permitted"),
    ],
)
def test_a_rule_with_a_mistake_is_refused(rule: dict[str, Any], where: str, what: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(what)) as refused:
        Redactor(rule)
    assert [".".join(map(str, error["loc"])) for error in refused.value.errors()] == [f"rules.0.{where}".rstrip(".")]
