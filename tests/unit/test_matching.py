"""Subscriptions: names, patterns, noise, sources and `when`."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from cockpit_gateway import Event
from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.expressions import Expression
from cockpit_gateway.matching import NAMES_REMEMBERED, Subscription, Subscriptions

CATALOGUE = Catalogue()


def event(name: str, source: str = "site", body: bytes = b'{"args":[]}') -> Event:
    return Event("0", name, source, body, 0.0)


def wants(events: str, name: str) -> bool:
    subscriptions = Subscriptions([(Subscription(tuple(events.split("|"))), "it")], CATALOGUE)
    return subscriptions.matches(event(name)) == ["it"]


@pytest.mark.parametrize(
    ("events", "name", "expected"),
    [
        ("collections.save.after", "collections.save.after", True),
        ("collections.save.after", "collections.save.after.posts", False),
        ("collections.save.after.posts", "collections.save.after.posts", True),
        ("collections.save.after.posts", "collections.save.after", False),
        ("collections.save.after.*", "collections.save.after.posts", True),
        ("collections.save.after.*", "collections.save.after.a.b", True),
        ("collections.save.after.*", "collections.save.after", False),
        ("collections.*", "collections.save.after", True),
        ("collections.*", "Collections.save.after", False),
        ("*", "collections.save.after", True),
        ("*", "addon.thing", True),
        ("addon.*", "addon.thing", True),
        ("addon.thing", "addon.thing", True),
        ("singleton.saveData.af?er", "singleton.saveData.after", True),
        ("singleton.saveData.[!b]*", "singleton.saveData.before", False),
        ("*", "collections.find.after", False),
        ("collections.find.*", "collections.find.after", False),
        ("collections.find.*", "collections.find.after.posts", False),
        ("collections.find.after", "collections.find.after", True),
        ("collections.find.after.posts", "collections.find.after.posts", True),
        ("collections.find.after", "collections.find.after.posts", False),
        ("*|collections.find.after", "collections.find.after", True),
        ("*", "cockpit.bootstrap", False),
        ("*", "", False),
        ("", "", False),
    ],
)
def test_names_and_patterns(events: str, name: str, expected: bool) -> None:
    assert wants(events, name) is expected


def test_each_subscriber_gets_an_event_once_and_in_the_order_given() -> None:
    subscriptions = Subscriptions(
        [
            (Subscription(("*", "collections.*", "collections.save.after")), "first"),
            (Subscription(("collections.save.after",)), "second"),
            (Subscription(("forms.*",)), "other"),
            (Subscription(("collections.s*",)), "third"),
        ],
        CATALOGUE,
    )

    assert subscriptions.matches(event("collections.save.after")) == ["first", "second", "third"]


def test_sources() -> None:
    subscriptions = Subscriptions(
        [
            (Subscription(("*",), frozenset({"blog", "shop"})), "some"),
            (Subscription(("*",)), "all"),
        ],
        CATALOGUE,
    )

    assert subscriptions.matches(event("cockpit.clearcache", "shop")) == ["some", "all"]
    assert subscriptions.matches(event("cockpit.clearcache", "site")) == ["all"]


def test_when_decides_over_event_and_arguments() -> None:
    subscriptions = Subscriptions(
        [
            (Subscription(("*",), when=Expression('event.collection == "posts"')), "posts"),
            (Subscription(("*",), when=Expression("entry.published")), "published"),
            (Subscription(("*",)), "all"),
        ],
        CATALOGUE,
    )
    draft = replace(
        event("collections.save.after", body=b'{"args":["posts",{"published":false}]}'), subjects=("collections/posts",)
    )

    assert subscriptions.matches(draft) == ["posts", "all"]
    assert subscriptions.matches(event("forms.save.after", body=b'{"args":["contact",{"published":1}]}')) == [
        "published",
        "all",
    ]


def test_when_that_fails_delivers_and_is_reported() -> None:
    failures: list[tuple[str, str, str]] = []
    subscriptions = Subscriptions(
        [(Subscription(("*",), when=Expression("entry.price > 3")), "dear")],
        CATALOGUE,
        lambda who, what, error: failures.append((who, what.name, type(error).__name__)),
    )

    assert subscriptions.matches(event("collections.save.after", body=b'{"args":["a",{"price":"x"}]}')) == ["dear"]
    assert subscriptions.matches(event("collections.save.after", body=b'{"args":["a",{"price":2}]}')) == []
    assert failures == [("dear", "collections.save.after", "TypeError")]


def test_named_noise_is_what_ingest_must_not_ignore() -> None:
    subscription = Subscription(
        ("*", "collections.find.*", "collections.find.after.posts", "cockpit.bootstrap", "error")
    )

    assert subscription.named_noise(CATALOGUE) == {"collections.find.after.posts", "cockpit.bootstrap"}


def test_any_number_of_names_can_pass_by() -> None:
    subscriptions = Subscriptions([(Subscription(("collections.save.after.*",)), "it")], CATALOGUE)

    for number in range(NAMES_REMEMBERED + 10):
        assert subscriptions.matches(event(f"collections.save.after.{number}")) == ["it"]
    assert subscriptions.matches(event("collections.save.after." + "x" * 100_000)) == ["it"]


@pytest.mark.parametrize("condition", ['event.source == "site"', "entry.price > 3"], ids=["works", "fails"])
def test_thousand_conditions_on_one_event_do_not_hold_the_loop(condition: str) -> None:
    subscription = Subscription(("collections.save.after",), when=Expression(condition))
    subscriptions = Subscriptions([(subscription, number) for number in range(1000)], CATALOGUE)
    saved = event("collections.save.after", body=b'{"args":["posts",{"price":"x"}]}')

    def seconds() -> float:
        began = time.thread_time()
        assert len(subscriptions.matches(saved)) == 1000
        return time.thread_time() - began

    assert min(seconds() for _ in range(5)) < 0.020
