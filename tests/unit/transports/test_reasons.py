"""Why a target gets an event, or why not: by the very rules that plan, and in words that say what to change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fuzzing import examples
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from cockpit_gateway import Event, Explained
from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.events import encode_json
from cockpit_gateway.testing import make_context
from cockpit_gateway.transports import Planning, TargetSettings

CATALOGUE = Catalogue(custom=["addon.*"])

NAMES = [
    "",
    "addon.thing",
    "collections.find.after",
    "collections.save.after",
    "collections.save.after.posts",
    "gateway.target.disabled",
    "singleton.saveData.after",
]
PATTERNS = ["*", "addon.*", "collections.*", "collections.save.after.*", "s*[!x]"]
SAVED = ["collections.save.after", "collections.save.after.posts"]
CONDITIONS = ["entry.published", "entry.price > 3", 'event.collection == "posts"', "name.startswith('p')"]


def planning(**targets: dict[str, Any]) -> Planning:
    """Return the planning of some targets."""
    context = {"catalogue": CATALOGUE, "sources": {"website", "shop"}}
    settings = {name: TargetSettings.model_validate(target, context=context) for name, target in targets.items()}
    return Planning(settings, make_context("queue", catalogue=CATALOGUE))


def event(name: str = "collections.save.after", *args: Any, source: str = "website") -> Event:
    made = Event("0", name, source, b"", 0.0).with_args(list(args))
    return replace(made, subjects=CATALOGUE.subjects(name, list(args)))


def told(what: Event, **target: Any) -> Explained:
    """Return what is said of an event at one target."""
    [found] = planning(it=target).explain(what)
    assert found.planned == bool(planning(it=target).plan(what))
    return found


def targets_of(names: list[str], *conditions: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "events": st.lists(st.sampled_from(names), min_size=1, max_size=3),
            "sources": st.lists(st.sampled_from(["website", "shop"]), max_size=2, unique=True),
            "active": st.booleans(),
            "when": st.sampled_from([None, *conditions]),
        }
    )


TARGETS = targets_of(NAMES[1:] + PATTERNS) | targets_of(SAVED, *CONDITIONS)
EVENTS = st.builds(
    event,
    st.sampled_from(NAMES),
    st.sampled_from(["posts", "pages", None]),
    st.sampled_from([{"published": True, "price": 5}, {"price": "dear"}, {}, [], None]),
    source=st.sampled_from(["website", "shop"]),
)


@examples(200)
@given(st.lists(TARGETS, max_size=5), EVENTS)
def test_the_explanation_is_that_of_the_plan(targets: list[dict[str, Any]], what: Event) -> None:
    plans = planning(**{f"target-{number}": target for number, target in enumerate(targets)})
    with capture_logs():
        planned = [item.target for item in plans.plan(what)]
    explained = plans.explain(what)
    assert len(explained) == len(targets)
    assert sorted(item.target for item in explained if item.planned) == sorted(planned)
    assert all(item.reason and "\n" not in item.reason for item in explained)


@pytest.mark.parametrize(
    ("name", "events", "reason"),
    [
        ("forms.save.after", ["collections.*"], "none of its `events` matches forms.save.after"),
        (
            "forms.save.after",
            ["forms.submit.after", "forms.save.before"],
            "none of its `events` matches forms.save.after; the nearest is forms.save.before",
        ),
        (
            "collections.save.after.posts",
            ["collections.save.after"],
            (
                "`events` has collections.save.after, which is another event than collections.save.after.posts: "
                "list that as well, or collections.save.after*"
            ),
        ),
        (
            "collections.save.after",
            ["collections.save.after.posts"],
            (
                "`events` has collections.save.after.posts, which is another event than collections.save.after: "
                "list that as well"
            ),
        ),
        (
            "collections.find.after",
            ["collections.*"],
            "collections.find.after is noise, which no pattern matches: `events` has to name it in full",
        ),
        (
            "gateway.target.disabled",
            ["*"],
            (
                "gateway.target.disabled is an event of the gateway's own, which no pattern matches: "
                "`events` has to name it in full"
            ),
        ),
        ("", ["*"], "its body could not be decoded, so that it has no name which `events` could have"),
    ],
)
def test_names_that_do_not_match(name: str, events: list[str], reason: str) -> None:
    assert told(event(name), events=events) == Explained("it", planned=False, reason=reason, setting="events")


def test_the_other_settings() -> None:
    assert told(event(source="shop"), events=["*"], sources=["website"]).reason == (
        "`sources` names website, and the event is from shop"
    )
    assert told(event(), events=["*"], active=False).reason == "`active` is false"
    assert told(event(), events=["collections.*"]).reason == "`events` has collections.save.after"


def test_a_condition_is_told_with_what_it_saw() -> None:
    saved = event("collections.save.after", "posts", {"title": "x" * 500, "meta": {"tags": ["a"]}})
    when = 'event.collection == "pages" and entry.title and entry.meta.tags[0] and entry["no such"]'
    found = told(saved, events=["collections.save.after"], when=when)
    assert (found.planned, found.setting, found.reason) == (False, "when", f"`when` is false: {when}")
    assert found.values == {
        "event.collection": '"posts"',
        "entry.title": '"' + "x" * 119 + "…",
        "entry.meta.tags[0]": '"a"',
        "entry['no such']": "null",
    }
    assert told(saved, events=["collections.save.after"], when="entry.title").reason == "`when` is true: entry.title"


def test_a_condition_that_fails_is_told_and_not_logged() -> None:
    saved = event("collections.save.after", "posts", {"price": "dear"})
    plans = planning(it={"events": ["collections.save.after"], "when": "entry.price > 3"})
    with capture_logs() as logs:
        [found] = plans.explain(saved)
    assert logs == []
    assert found.planned
    assert found.reason.startswith("`when` failed, so that the event is delivered all the same: TypeError: ")
    assert found.values == {"entry.price": '"dear"'}


@pytest.mark.parametrize(
    "when",
    [
        "name.startswith('p') and name.upper()",
        "range(3) | list and entry | length",
        "event and entry",
        "(name ~ entry)[0]",
        "entry[name] is defined",
        "entry.keys",
    ],
)
def test_whatever_a_condition_reads_can_be_shown(when: str) -> None:
    saved = event("collections.save.after", "posts", {"keys": 1, "deep": {"a": [1.5, None, True]}})
    found = told(saved, events=["collections.save.after"], when=when)
    assert found.values
    assert all(len(encode_json(value)) < 1000 for value in found.values.values())
