"""Every secret that Cockpit is known to send is masked, and nothing else."""

from __future__ import annotations

import copy
import re

import pytest
from redact_kit import CATALOGUE, DOCUMENTED, HARMLESS, RECORDED, Redactor, changes, event_of, recorded

from cockpit_gateway import Event
from cockpit_gateway.testing.captures import Capture, all_captures, capture
from cockpit_gateway_redact.masking import mask_of
from cockpit_gateway_redact.rules import Rule, built_in_rules

THROWAWAY = re.compile(r"\$2[aby]\$|\$argon2|throwaway|hunter\d|WRONG-token|account-\w{6}")
"""The secrets in the captures, which were typed in to be recognised."""

WITHOUT_SECRETS = [found for found in all_captures() if found.file not in RECORDED]
WITH_SECRETS = [(recorded(capture(file)), places) for file, places in RECORDED.items()] + DOCUMENTED


@pytest.mark.parametrize(("event", "places"), WITH_SECRETS, ids=[event.name for event, _ in WITH_SECRETS])
def test_secrets_are_masked_and_nothing_else_changes(event: Event, places: list[str]) -> None:
    before = copy.deepcopy(event.args)

    after = Redactor()(event)

    assert after is not None
    assert event.args == before
    found = list(changes(before, after.args))
    assert sorted(place for place, _, _ in found) == sorted(places)
    assert {new for _, _, new in found} == {"***"}
    assert THROWAWAY.search(after.body.decode()) is None
    assert event_of(after.body).args == after.args


@pytest.mark.parametrize("file", RECORDED)
def test_everything_but_the_arguments_stays(file: str) -> None:
    before = recorded(capture(file))

    after = Redactor()(before)

    assert after is not None
    for name in ("id", "name", "source", "received_at", "label", "hook", "backend", "subjects", "status", "problem"):
        assert getattr(after, name) == getattr(before, name)
    assert after.body[: before.body.index(b'"args":')] == before.body[: before.body.index(b'"args":')]


@pytest.mark.parametrize(("event", "places"), WITH_SECRETS, ids=[event.name for event, _ in WITH_SECRETS])
def test_what_is_masked_already_stays(event: Event, places: list[str]) -> None:
    after = Redactor()(event)
    assert after is not None
    assert Redactor()(after) is None


@pytest.mark.parametrize("found", WITHOUT_SECRETS, ids=lambda found: found.file)
def test_a_capture_without_secrets_keeps_its_bytes(found: Capture) -> None:
    assert THROWAWAY.search(found.body.decode()) is None
    assert Redactor()(recorded(found)) is None


@pytest.mark.parametrize("event", HARMLESS, ids=lambda event: event.body.decode()[:60])
def test_where_there_is_nothing_to_hide_the_bytes_stay(event: Event) -> None:
    assert Redactor()(event) is None


ONE_BY_ONE = [
    Rule.model_construct(events=rule.events, **{kind: (what,)})
    for rule in built_in_rules()
    for kind in ("paths", "values")
    for what in getattr(rule, kind)
]


def generic_name(event: Event) -> str:
    match = CATALOGUE.match(event.name)
    return event.name if match is None else match.entry.generic_name


@pytest.mark.parametrize("rule", ONE_BY_ONE, ids=str)
def test_each_part_of_each_built_in_rule_masks_something(rule: Rule) -> None:
    covered = [event for event, _ in WITH_SECRETS if rule.covers(generic_name(event))]
    assert any(mask_of([rule])(event.args) for event in covered)


@pytest.mark.parametrize("rule", built_in_rules(), ids=lambda rule: rule.events[0])
def test_each_built_in_rule_says_why_and_where_from(rule: Rule) -> None:
    assert re.search(r"\(\S+\.php:\d+[^)]*\)", rule.why)
    assert rule.why.endswith(".")
