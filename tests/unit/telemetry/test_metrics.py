from __future__ import annotations

import asyncio

from prometheus_client.parser import text_string_to_metric_families

from cockpit_gateway.deliveries import Cause, Hold, Outcome, TargetId
from cockpit_gateway.errors import Drop, Reject, Retry
from cockpit_gateway.telemetry.metrics import Metrics, Waiting

SEARCH = TargetId("webhook", "search")
BUILD = TargetId("webhook", "build")


def series(metrics: Metrics) -> dict[str, float]:
    families = text_string_to_metric_families(metrics.text().decode())
    return {
        sample.name + "".join(f" {value}" for name, value in sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
        if sample.name.startswith("cockpit_gateway_")
    }


def test_series_are_there_before_anything_happens() -> None:
    metrics = Metrics("1.2.3")
    metrics.prepare(["website"], [SEARCH], [("redact", "filter_event")])
    found = series(metrics)
    for name in (
        "events_total stored website",
        "unsound_events_total website undecodable",
        "requests_refused_total 401",
        "ack_seconds_count website",
        "ack_seconds_bucket 0.1 website",
        "attempts_total retry webhook search",
        "attempt_failures_total webhook timeout search",
        "attempt_seconds_count webhook search",
        "delivery_seconds_count webhook search",
        "dead_letters_total webhook gave up search",
        "breaker_changes_total webhook open search",
        "hook_seconds_count filter_event redact",
        "hook_failures_total filter_event redact",
    ):
        assert found[f"cockpit_gateway_{name}"] == 0, name


def test_what_the_configuration_no_longer_names_goes_away_and_the_rest_keeps_its_counts() -> None:
    metrics = Metrics("1")
    metrics.prepare(["website", "shop"], [SEARCH, BUILD], [("build", "deliver")])
    for target_id in (SEARCH, BUILD):
        metrics.attempt(target_id, Outcome.RETRY, 0.1, Cause.TIMEOUT)
        metrics.delivered(target_id, 0.1)
        metrics.died(target_id, "expired", 3)
        metrics.breaker_changed(target_id, "open")
    metrics.held({SEARCH: None, BUILD: Hold.PAUSED})
    metrics.received("shop", "stored")
    metrics.received("website", "stored")
    metrics.prepare(["website"], [SEARCH])
    metrics.held({SEARCH: None})
    metrics.running({SEARCH: 0})
    metrics.backlog({SEARCH: Waiting()})
    found = series(metrics)
    assert not [name for name in found if "build" in name.split() or "shop" in name]
    assert found["cockpit_gateway_events_total stored website"] == 1
    assert found["cockpit_gateway_attempt_failures_total webhook timeout search"] == 1
    metrics.prepare(["website", "shop"], [SEARCH, BUILD])
    assert series(metrics)["cockpit_gateway_attempts_total retry webhook build"] == 0
    metrics.attempt(BUILD, Outcome.RETRY, 0.1)
    assert series(metrics)["cockpit_gateway_attempts_total retry webhook build"] == 1


def test_what_a_hook_says_by_raising_is_no_failure() -> None:
    metrics = Metrics("1")
    tally = metrics.hooks.by_name["search", "deliver"]
    for raised in (Retry(), Reject(), Drop("no"), asyncio.CancelledError(), ValueError()):
        tally.called(0.5)
        tally.raised(raised)
    tally.called(0.5)
    found = series(metrics)
    assert found["cockpit_gateway_hook_failures_total deliver search"] == 1
    assert found["cockpit_gateway_hook_seconds_count deliver search"] == 6
    assert found["cockpit_gateway_hook_seconds_sum deliver search"] == 3.0


def test_a_reload_that_fails_keeps_the_time_of_the_last_that_worked() -> None:
    metrics = Metrics("1")
    before = series(metrics)
    assert before["cockpit_gateway_config_last_reload_successful"] == 1
    metrics.reloaded(successful=False)
    after = series(metrics)
    assert after["cockpit_gateway_config_last_reload_successful"] == 0
    at = "cockpit_gateway_config_last_reload_success_timestamp_seconds"
    assert after[at] == before[at] > 0


def test_no_two_rooms_share_a_name() -> None:
    rooms = [room for room in Metrics.__mro__ if room.__module__.startswith("cockpit_gateway.telemetry.metrics.")]
    kept = {}
    for room in rooms[:-1]:
        made = room.__init__.__code__.co_names  # type: ignore[misc]
        for name in {name for name in made if name.startswith("_") and not name.startswith("__")}:
            kept.setdefault(name, []).append(room.__name__)
    helpers = {"_counter", "_gauge", "_summary", "_histogram"}
    assert {name: found for name, found in kept.items() if len(found) > 1 and name not in helpers} == {}
