"""Expressions and templates: what they see, what they refuse, and that they are quick."""

from __future__ import annotations

import json
import re
import time

import pytest
from jinja2 import UndefinedError

from cockpit_gateway import Event
from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.expressions import EVENT_FIELDS, LONGEST_EXPRESSION, Expression, Template, scope_of

SCOPE = {
    "event": {"name": "collections.save.after", "collection": "posts", "singleton": None, "subjects": ("a", "b")},
    "name": "posts",
    "entry": {"title": 'a "b"', "price": 9.5, "items": [1, 2], "meta": [], "_id": "5f"},
    "result": 3,
}


def test_scope_holds_the_event_and_its_arguments_by_name() -> None:
    event = Event(
        "0",
        "collections.save.after.posts",
        "site",
        b'{"args":["posts",{"_id":"5f"}]}',
        12.5,
        label="blog",
        hook="all",
        backend=1,
        subjects=("collections/posts/5f", "collections/posts/60"),
    )

    scope = scope_of(event, Catalogue())

    assert scope == {
        "name": "posts",
        "entry": {"_id": "5f"},
        "is_update": None,
        "event": {
            "id": "0",
            "name": "collections.save.after.posts",
            "type": "collections.save.after",
            "source": "site",
            "label": "blog",
            "hook": "all",
            "backend": 1,
            "collection": "posts",
            "form": None,
            "singleton": None,
            "subject": "collections/posts/5f",
            "subjects": ("collections/posts/5f", "collections/posts/60"),
            "received_at": 12.5,
            "args": ["posts", {"_id": "5f"}],
        },
    }
    assert tuple(scope["event"]) == EVENT_FIELDS


def test_scope_of_an_event_nobody_declared_has_its_own_name_as_type_and_no_arguments() -> None:
    scope = scope_of(Event("0", "addon.thing", "site", b'{"args":[1]}', 0.0), Catalogue())

    assert set(scope) == {"event"}
    assert scope["event"]["type"] == "addon.thing"
    assert scope["event"]["subject"] is None


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ('event.collection in ["posts", "pages"] or event.singleton == "home"', True),
        ("entry._id", "5f"),
        ('event["collection"]', "posts"),
        ("entry.price > 3 and result", 3),
        ("result == 3", True),
        ("entry.meta.author.name", None),
        ("nothing.at.all", None),
        ("entry.items", [1, 2]),
        ("entry.keys", None),
        ('entry["values"]', None),
        ('"b" in event.subjects', True),
        ("entry.title | length", 5),
        ("name.__class__", None),
        ('"{0.__class__}".format(name)', ""),
        ("not entry.gone", True),
    ],
)
def test_expression_reads_json_and_finds_what_is_missing_falsy(source: str, value: object) -> None:
    assert Expression(source).evaluate(SCOPE) == value


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("event.collectian", "line 1: event has no 'collectian'; did you mean 'collection'?"),
        ('event.collection = "posts"', "line 1: expected token 'end of expression', got '='"),
        ("entry.title | shout", "line 1: No filter named 'shout'."),
        ("", "line 1: Expected an expression, got 'end of expression'"),
        ("1 }} {{ 2", "line 1: chunk after expression"),
        ("(" * 3000, "it is nested too deep"),
        ("1" * (LONGEST_EXPRESSION + 1), f"it is {LONGEST_EXPRESSION + 1} characters long, at most 4096 are allowed"),
    ],
)
def test_expression_that_is_none_is_refused_when_it_is_read(source: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Expression(source)


def test_expression_knows_the_names_it_uses() -> None:
    assert Expression("event.name and entry.title and range(result)").names == {"entry", "result"}


def test_expressions_of_one_source_are_equal() -> None:
    assert Expression("a") == Expression("a") != Expression("b")


def test_large_range_is_refused_when_it_is_evaluated() -> None:
    with pytest.raises(OverflowError):
        Expression("range(10000000) | list").evaluate(SCOPE)


def test_expression_cannot_change_what_it_sees() -> None:
    with pytest.raises(Exception, match="no attribute 'update'"):
        Expression("entry.update({})").evaluate(SCOPE)
    with pytest.raises(Exception, match="unsafe"):
        Expression("event.subjects and entry.items.append(3)").evaluate(SCOPE)


def test_thousand_evaluations_do_not_hold_the_loop() -> None:
    expression = Expression('event.collection in ["posts", "pages"] or event.singleton == "home"')

    best = min(_seconds_for_a_thousand(expression) for _ in range(5))

    assert best < 0.020


def _seconds_for_a_thousand(expression: Expression) -> float:
    began = time.thread_time()
    for _ in range(1000):
        expression.evaluate(SCOPE)
    return time.thread_time() - began


def test_template_writes_json() -> None:
    template = Template('{"text": {{ (name ~ ": " ~ entry.title) | tojson }}, "tags": {{ entry.items | tojson }}}')

    assert json.loads(template.render(SCOPE)) == {"text": 'posts: a "b"', "tags": [1, 2]}
    assert template.names == {"name", "entry"}


def test_template_can_write_the_whole_event_however_deep() -> None:
    deep: list[object] = []
    for _ in range(400):
        deep = [deep]

    assert json.loads(Template("{{ event | tojson }}").render({"event": {"args": deep}})) == {"args": deep}


def test_template_loops_over_an_object() -> None:
    template = Template("{% for key, value in entry | items %}{{ key }}={{ value }};{% endfor %}")

    assert template.render({"entry": {"a": 1, "items": 2}}) == "a=1;items=2;"


def test_template_takes_further_names() -> None:
    assert Template("{{ name }} {{ attempt }}").render(SCOPE, attempt=2) == "posts 2"


@pytest.mark.parametrize("source", ["{{ entry.gone }}", "{{ entry.gone | tojson }}", "{{ gone }}", "{{ entry.keys }}"])
def test_template_that_names_what_is_missing_fails(source: str) -> None:
    with pytest.raises(Exception, match=r"has no attribute|is undefined"):
        Template(source).render(SCOPE)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("ok\n{% if x %}", "line 2: Unexpected end of template."),
        ('{% include "/etc/passwd" %}', "line 1: a template stands alone: it cannot load another one"),
        ('{% extends "x" %}', "line 1: a template stands alone"),
        ("\n\n{{ event.colour }}", "line 3: event has no 'colour'; it has: id, name, type"),
        ("x" * 70000, "it is 70000 characters long"),
    ],
)
def test_template_that_is_none_is_refused_when_it_is_read(source: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        Template(source)


# Escaping


def shout(text: str) -> str:
    return text.upper()


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("a {{ name }}", "a POSTS"),
        ("a {{ name | safe }}", "a posts"),
        ("{{ 'x' ~ name }}{{ 'y' }}", "XPOSTSY"),
        ("{{ ('x' | safe) ~ name }}", "XPOSTS"),
        ("{{ [name] }}", "['POSTS']"),
        ("{{ none }} {{ 1 }}", "NONE 1"),
    ],
)
def test_a_template_escapes_each_value_that_it_writes(source: str, text: str) -> None:
    assert Template(source, shout).render({"name": "posts"}) == text


def test_a_template_that_escapes_is_as_strict_as_one_that_does_not() -> None:
    with pytest.raises(UndefinedError):
        Template("{{ name }}", shout).render({})


def test_a_template_that_escapes_leaves_others_as_they_are() -> None:
    Template("{{ name }}", shout)
    assert Template("{{ name }}").render({"name": "<b>"}) == "<b>"
