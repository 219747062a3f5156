from __future__ import annotations

import pytest
import structlog

from cockpit_gateway.telemetry import repeats
from cockpit_gateway.telemetry.context import bound
from cockpit_gateway.telemetry.repeats import Repeats


class Minute:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def passes(bounded: Repeats, **line: object) -> dict[str, object] | None:
    said = {"logger": "cockpit_gateway.delivery.outcomes", "level": "warning", "event": "attempt failed", **line}
    try:
        return dict(bounded(None, "warning", said))
    except structlog.DropEvent:
        return None


def test_the_first_line_passes_and_then_one_a_minute_with_the_number_of_those_between() -> None:
    clock = Minute()
    bounded = Repeats(clock)
    assert "repeated" not in (passes(bounded, target="webhook:a") or {})
    for _ in range(500):
        assert passes(bounded, target="webhook:a") is None
    clock.now = repeats.QUIET
    again = passes(bounded, target="webhook:a")
    assert again is not None
    assert again["repeated"] == 500
    assert passes(bounded, target="webhook:a") is None


def test_another_target_message_status_or_error_is_no_repetition() -> None:
    bounded = Repeats(Minute())
    assert passes(bounded, target="webhook:a")
    assert passes(bounded, target="webhook:b")
    assert passes(bounded, target="webhook:a", event="delivery is dead")
    assert passes(bounded, target="webhook:a", exc_info=ValueError("x"))
    assert passes(bounded, status=401)
    assert passes(bounded, status=403)
    with bound(plugin="redact"):
        assert passes(bounded)
    with bound(plugin="audit"):
        assert passes(bounded)


def test_what_is_no_warning_or_not_the_gateways_own_always_passes() -> None:
    bounded = Repeats(Minute())
    for _ in range(3):
        assert passes(bounded, level="info")
        assert passes(bounded, logger="search")


def test_few_kinds_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "MOST_KINDS", 2)
    bounded = Repeats(Minute())
    for target in "abc":
        assert passes(bounded, target=target)
    assert passes(bounded, target="c") is None
    assert passes(bounded, target="a"), "it was forgotten"
