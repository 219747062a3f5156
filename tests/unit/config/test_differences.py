"""What is different between two configurations: by place, without values."""

from __future__ import annotations

import pytest

from cockpit_gateway.config import Settings
from cockpit_gateway.config.differences import differences
from cockpit_gateway.config.problems import render_path


def told(before: object, after: object) -> dict[str, str]:
    return {render_path(change.path): change.what for change in differences(before, after)}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {}, {}),
        ({"a": 1}, {"a": 1, "b": 2}, {"b": "added"}),
        ({"a": 1, "b": 2}, {"a": 1}, {"b": "removed"}),
        ({"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 2}}}, {"a.b.c": "changed"}),
        ({"a": [1, 2]}, {"a": [2, 1]}, {"a": "changed"}),
        ({"a": None}, {"a": {"b": 1}}, {"a": "changed"}),
    ],
)
def test_what_is_different(before: object, after: object, expected: dict[str, str]) -> None:
    assert told(before, after) == expected


def test_settings_are_looked_into_and_a_default_that_is_written_is_no_difference() -> None:
    before = Settings.model_validate({"sources": {"website": {"tokens": ["swordfish"]}}})
    after = Settings.model_validate({"sources": {"website": {"tokens": ["sesame"]}}, "log": {"level": "info"}})
    assert told(before, after) == {"sources.website.tokens": "changed"}
