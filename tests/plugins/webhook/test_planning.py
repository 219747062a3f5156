"""Which endpoints get which of Cockpit's events, and in which lane."""

from __future__ import annotations

import json
from typing import Any

import pytest
from structlog.testing import capture_logs
from webhook_kit import saved

from cockpit_gateway import Event, Planned, PluginContext, Rate, RetrySchedule
from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.envelope import Arrival, read_envelope
from cockpit_gateway.testing import FakeClock, make_context
from cockpit_gateway.testing.captures import all_captures, capture
from cockpit_gateway_webhook import Config, WebhookPlugin

CATALOGUE = Catalogue()
FILES = [captured.file for captured in all_captures()]
URL = "https://receiver.example.org/hook?token=s3cret"

SAMPLE: dict[str, dict[str, Any]] = {
    "rebuild-site": {
        "events": ["collections.save.after", "collections.remove.after", "singleton.saveData.after"],
        "when": 'event.collection in ["posts", "pages"] or event.singleton == "home"',
        "key": "endpoint",
        "coalesce": {"wait": "30s", "max_wait": "5m", "keep": "last"},
    },
    "search-index": {
        "events": ["collections.save.after", "collections.remove.after"],
        "ordered": True,
        "rate": "50/s",
    },
    "per-name": {"events": ["collections.save.after.*", "singleton.saveData.after.settings"]},
    "unpublished": {"events": ["collections.save.after"], "when": "entry.published == false", "key": "event.source"},
    "settings": {"events": ["singleton.*"], "when": 'event.singleton == "settings" and event.name == event.type'},
    "contact": {"events": ["forms.submit.after"], "when": 'event.form == "contact"'},
    "listings": {"events": ["collections.find.after", "collections.find.before"]},
    "command-line": {"events": ["*"], "when": "event.backend == 0"},
    "other-site": {"events": ["*"], "sources": ["shop"]},
    "asleep": {"events": ["*"], "active": False},
}

POSTS = {"rebuild-site", "search-index"}

EXPECTED: dict[str, set[str]] = {
    "collections.find.after": {"listings"},
    "collections.find.before": {"listings"},
    "collections.remove.after": POSTS,
    "collections.save.after": POSTS,
    "collections.save.after.posts": {"per-name"},
    "cockpit.export": {"command-line"},
    "cockpit.flush": {"command-line"},
    "cockpit.import": {"command-line"},
    "forms.submit.after": {"contact"},
    "singleton.getData.after": set(),
    "singleton.remove": {"settings"},
    "singleton.save.after": {"settings"},
    "singleton.save.before": {"settings"},
    "singleton.saveData.after": {"settings"},
    "singleton.saveData.after.settings": {"per-name"},
    "singleton.saveData.before": {"settings"},
    "odd/auth-and-custom-headers": POSTS,
    "odd/auth-user-without-password": POSTS,
    "odd/big-1MB": POSTS | {"unpublished"},
    "odd/big-over-1MiB-expect-100": POSTS,
    "odd/cli-save-backend-0": POSTS | {"command-line", "unpublished"},
    "odd/control-characters": POSTS,
    "odd/deep-509": POSTS,
    "odd/dotted-collection-name": {"per-name"},
    "odd/duplicate-delivery-1": POSTS,
    "odd/duplicate-delivery-2": POSTS,
    "odd/find-after-empty": {"listings"},
    "odd/find-before-leaks-account": {"listings"},
    "odd/ghost-save-after-nothing-saved": POSTS,
    "odd/hook-name-null": POSTS,
    "odd/list-like-object": POSTS,
    "odd/nested": POSTS | {"unpublished"},
    "odd/remove-bulk-result": POSTS,
    "odd/remove-nothing": POSTS,
    "odd/singleton-save-second": {"settings"},
    "odd/unicode": POSTS | {"unpublished"},
    "odd/update-of-entry-partial": POSTS,
}
"""Capture → the endpoints of SAMPLE that get it; every other capture goes nowhere."""


def prepared(endpoints: dict[str, dict[str, Any]]) -> tuple[WebhookPlugin, PluginContext]:
    """Return a plugin before its targets are registered."""
    complete = {name: {"url": URL} | endpoint for name, endpoint in endpoints.items()}
    config = Config.model_validate({"endpoints": complete}, context={"catalogue": CATALOGUE})
    return WebhookPlugin(), make_context("webhook", config, clock=FakeClock(), catalogue=CATALOGUE)


def planner(endpoints: dict[str, dict[str, Any]]) -> WebhookPlugin:
    """Return a plugin that is ready to plan."""
    plugin, context = prepared(endpoints)
    plugin.register_targets(context)
    return plugin


def received(file: str) -> Event:
    """Return a capture as the gateway receives it."""
    return read_envelope(
        capture(file).body,
        Arrival("website"),
        event_id="0",
        received_at=0.0,
        max_depth=512,
        catalogue=CATALOGUE,
    )


def test_sample_endpoints_against_every_capture() -> None:
    plugin = planner(SAMPLE)

    planned = {name: {item.target for item in plugin.plan_deliveries(received(name))} for name in FILES}

    assert {name: targets for name, targets in planned.items() if targets} == {
        name: targets for name, targets in EXPECTED.items() if targets
    }
    assert len(planned) > 130


def test_the_explanation_of_every_capture_is_that_of_its_plan() -> None:
    plugin = planner(SAMPLE)

    for name in FILES:
        told = plugin.explain_deliveries(received(name))
        assert sorted(item.target for item in told) == sorted(SAMPLE)
        assert {item.target for item in told if item.planned} == EXPECTED.get(name, set())


def test_lanes_of_the_sample() -> None:
    plugin = planner(SAMPLE)

    assert plugin.plan_deliveries(received("collections.save.after")) == [
        Planned("rebuild-site", ""),
        Planned("search-index", None),
    ]


def lane(key: str, event: Event, *, ordered: bool = True) -> str | None:
    """Return the key of an event's delivery."""
    (planned,) = planner({"it": {"events": ["*"], "key": key, "ordered": ordered}}).plan_deliveries(event)
    return planned.key


def test_key_is_an_expression_or_one_of_two_words() -> None:
    event = received("collections.save.after")

    assert lane("subject", event) is None
    assert lane("endpoint", event) == ""
    assert lane("event.collection", event) == "posts"
    assert lane("entry.price", event) == "9.99"
    assert lane('event.source ~ "/" ~ name', event) == "website/posts"


def test_key_that_finds_nothing_is_the_events_subject() -> None:
    assert lane("entry.category.slug", received("collections.save.after")) is None


def test_key_is_not_worked_out_where_no_lane_is_kept() -> None:
    assert lane("entry.price > [1]", received("collections.save.after"), ordered=False) is None


def test_long_key_is_shortened_but_stays_the_same_for_the_same_value() -> None:
    long, same, other = (saved(json.dumps({"args": ["posts", {"t": text * 1000}]}).encode()) for text in "xxy")

    keys = [lane("entry.t", event) or "" for event in (long, same, other)]

    assert [len(key) for key in keys] == [64, 64, 64]
    assert keys[0] == keys[1] != keys[2]


def test_expressions_that_fail_deliver_and_are_logged_ever_more_rarely() -> None:
    plugin = planner(
        {"it": {"events": ["collections.save.after"], "when": "entry.title > 3", "key": "1 // 0", "ordered": True}}
    )

    with capture_logs() as logs:
        for _ in range(9):
            assert plugin.plan_deliveries(saved()) == [Planned("it", None)]

    failures = [(log["setting"], log["failures"]) for log in logs]
    assert sorted(failures) == [("key", 1), ("key", 2), ("key", 4), ("key", 8), *(("when", 2**n) for n in range(4))]
    assert logs[0]["target"] == "it"
    assert logs[0]["event_name"] == "collections.save.after"
    assert "TypeError" in logs[0]["error"]


def test_undecodable_event_goes_nowhere() -> None:
    assert planner({"it": {"events": ["*"]}}).plan_deliveries(received("odd/empty-body-inf")) == []


def test_targets_have_the_endpoints_rules() -> None:
    plugin, context = prepared(
        SAMPLE
        | {
            "tuned": {
                "events": ["collections.find.after.posts", "cockpit.bootstrap", "*"],
                "timeout": "2s",
                "concurrency": 3,
                "retry": ["0s", "1m"],
            }
        }
    )

    targets = {target.name: target for target in plugin.register_targets(context)}

    assert set(targets) == {*SAMPLE, "tuned"}
    assert [name for name, target in targets.items() if not target.active] == ["asleep"]
    tuned, site, search = targets["tuned"], targets["rebuild-site"], targets["search-index"]
    assert (tuned.timeout, tuned.concurrency, tuned.schedule.delays) == (2.0, 3, (0.0, 60.0))
    assert tuned.wants_noise == {"collections.find.after.posts", "cockpit.bootstrap"}
    assert (site.timeout, site.schedule, site.ordered) == (15.0, RetrySchedule(), False)
    assert site.coalesce is not None
    assert (site.coalesce.wait, site.coalesce.max_wait, site.coalesce.keep) == (30.0, 300.0, "last")
    assert (search.ordered, search.rate, search.coalesce) == (True, Rate(50), None)


def test_fingerprint_follows_the_url_and_does_not_show_it() -> None:
    def fingerprint(url: str) -> str:
        plugin, context = prepared({"it": {"events": ["*"], "url": url}})
        return plugin.register_targets(context)[0].fingerprint

    assert fingerprint(URL) == fingerprint(URL) != fingerprint(URL + "x")
    assert "s3cret" not in fingerprint(URL)


@pytest.mark.parametrize("name", [name for name in FILES if received(name).name])
def test_any_condition_works_on_every_capture(name: str) -> None:
    plugin = planner({"it": {"events": ["*", received(name).name], "when": "event.args[0].a.b or event.subject or 1"}})

    with capture_logs() as logs:
        assert [planned.target for planned in plugin.plan_deliveries(received(name))] == ["it"]
    assert logs == []
