"""The fields of the webhook form, there and back again."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from multidict import MultiDict

from cockpit_gateway.errors import InvalidDocumentError
from cockpit_gateway.web.console.webhook_fields import document_of, fields_of

FULL: dict[str, Any] = {
    "url": "https://search.example.org/ingest",
    "events": ["collections.save.after", "collections.remove.after"],
    "sources": ["website"],
    "when": "event.collection == 'posts'",
    "method": "PUT",
    "body": "template",
    "template": "{{ event.name }}",
    "content_type": "text/plain",
    "key": "endpoint",
    "rate": "50/s",
    "timeout": "10s",
    "active": False,
    "ordered": True,
    "allow_private": True,
    "basic_auth": {"user": "gateway", "password": "***"},
    "headers": {"X-Site": "***", "X-Other": "b"},
    "coalesce": {"wait": "30s", "max_wait": "5m", "keep": "first"},
    "retry": ["0s", "5s"],
    "secrets": ["***", {"secret": "***", "until": "2026-12-01T00:00:00Z"}],
}

BOMB = "a: &a [5s]\n" + "".join(f"{b}: &{b} [{f'*{a}, ' * 9}]\n" for a, b in pairwise("abcdefghi"))
"""Nine times nine times nine … values."""


def filled_in(fields: dict[str, Any]) -> MultiDict[str]:
    """Return what a browser sends of a form that shows these fields."""
    form: MultiDict[str] = MultiDict()
    for name, value in fields.items():
        match name, value:
            case "headers", _:
                form.extend([("header_name", header) for header, _ in value])
                form.extend([("header_value", text) for _, text in value])
            case "basic_auth", _:
                form.update(user=value.get("user", ""), password=value.get("password", ""))
            case "coalesce", _:
                form.update(
                    {key: value.get(key, "") for key in ("wait", "max_wait")} | {"keep": value["keep"] or "last"}
                )
            case _, bool():
                form.extend([(name, "on")] if value else [])
            case _, list():
                form.extend([(name, text) for text in [*value, ""]])
            case _:
                form.add(name, value)
    return form


@pytest.mark.parametrize("left_out", [(), ("headers", "basic_auth"), ("coalesce", "active"), ("retry", "secrets")])
def test_settings_stay_what_they_are(left_out: tuple[str, ...]) -> None:
    document = {name: value for name, value in FULL.items() if name not in left_out}
    assert document_of(filled_in(fields_of(document))) == document


def test_private_networks_are_kept_among_the_others() -> None:
    document = {"url": "http://10.0.0.1", "events": ["a"], "allow_private": ["10.0.0.0/8"]}
    fields = fields_of(document)
    assert not fields["allow_private"]
    assert document_of(filled_in(fields)) == document


def test_an_empty_form_says_only_that_there_are_no_events() -> None:
    assert document_of(MultiDict(active="on", keep="last", url=" ", other=" \n")) == {"events": []}


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ("retry: [", "not valid YAML"),
        ("proxy:\nretry: [", "line 2: not valid YAML: the sequence that begins here does not end"),
        ("- retry", "`name: value`"),
        ("url: https://other.example.org", "url has a field of its own"),
        ("!!python/object/apply:os.system [ls]", "not valid YAML"),
        ("proxy: 2026-99-99", "not valid YAML"),
        ("retry: " + "9" * 5000, "not valid YAML"),
        ("? [retry]\n: 5s", "not valid YAML"),
        ("retry: !!set {5s}", "not valid YAML"),
        ("retry: " + "[" * 200 + "]" * 200, "levels deep"),
        ("retry: &all [5s]\nother: *all", "aliases"),
        (BOMB, "aliases"),
        ("proxy: a\nretry: [5s]\nproxy: b", "line 3: duplicate key proxy"),
        ("breaker:\n  failures: 3\n  failures: 4", "line 3: duplicate key failures"),
        ("secrets: [{secret: a, secret: b}]", "line 1: duplicate key secret"),
    ],
)
def test_other_settings_that_are_none_are_told(other: str, message: str) -> None:
    with pytest.raises(InvalidDocumentError) as refused:
        document_of(MultiDict(url="https://x.example.org", other=other))
    [mistake] = refused.value.mistakes
    assert mistake.path == "other"
    assert message in mistake.message


@pytest.mark.parametrize(
    ("names", "values", "message"),
    [
        (["X-Site", ""], ["a", "b"], "without the name of its header"),
        (["X-Site", " X-Site "], ["a", "b"], "X-Site is there twice"),
    ],
)
def test_a_header_that_would_be_lost_is_told(names: list[str], values: list[str], message: str) -> None:
    form: MultiDict[str] = MultiDict(url="https://x.example.org")
    form.extend([("header_name", name) for name in names])
    form.extend([("header_value", value) for value in values])
    with pytest.raises(InvalidDocumentError) as refused:
        document_of(form)
    [mistake] = refused.value.mistakes
    assert mistake.path == "headers"
    assert message in mistake.message
