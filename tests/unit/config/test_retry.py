"""The two ways to write a retry schedule."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import Field, ValidationError

from cockpit_gateway.config import PluginConfig, RetrySetting
from cockpit_gateway.targets import HOUR, RetrySchedule


class Section(PluginConfig):
    retry: RetrySetting = Field(default_factory=RetrySchedule)


def schedule(written: object) -> RetrySchedule:
    return Section.model_validate({"retry": written}).retry


def test_the_default_is_the_standard_schedule() -> None:
    assert Section().retry == RetrySchedule()


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (["0s", "5s", 60, "1h30m"], RetrySchedule((0.0, 5.0, 60.0, 5400.0))),
        (["1m"], RetrySchedule((60.0,))),
        ({}, RetrySchedule.exponential(first=5, factor=2, longest=24 * HOUR, attempts=10)),
        (
            {"first": "1s", "factor": 3, "longest": "5s", "attempts": 4, "jitter": 0},
            RetrySchedule((0.0, 1.0, 3.0, 5.0), jitter=0.0),
        ),
        ({"attempts": 1}, RetrySchedule((0.0,))),
        ({"attempts": "3", "factor": "1"}, RetrySchedule((0.0, 5.0, 5.0))),
    ],
)
def test_schedules(written: object, expected: RetrySchedule) -> None:
    assert schedule(written) == expected


def test_the_largest_schedule_has_finite_delays() -> None:
    assert schedule({"factor": 1000, "attempts": 100}).delays[-1] == 24 * HOUR


@pytest.mark.parametrize(
    ("written", "location"),
    [
        ([], ()),
        (["0s"] * 101, ()),
        ("5s", ()),
        (5, ()),
        (["0s", "soon"], (1,)),
        ({"first": "soon"}, ("first",)),
        ({"factor": 0.5}, ("factor",)),
        ({"factor": 1001}, ("factor",)),
        ({"attempts": 0}, ("attempts",)),
        ({"attempts": 101}, ("attempts",)),
        ({"jitter": 1.5}, ("jitter",)),
        ({"tries": 5}, ("tries",)),
    ],
)
def test_mistakes_have_their_place(written: object, location: tuple[Any, ...]) -> None:
    with pytest.raises(ValidationError) as refused:
        schedule(written)

    [error] = refused.value.errors()
    assert tuple(part for part in error["loc"] if part not in ("retry", "delays", "growing")) == location


def test_a_schedule_can_be_dumped() -> None:
    section = Section.model_validate({"retry": ["0s", "1m"]})
    assert section.model_dump() == {"retry": {"delays": (0.0, 60.0), "jitter": 0.2}}
    assert section.model_dump(mode="json") == {"retry": {"delays": [0.0, 60.0], "jitter": 0.2}}
