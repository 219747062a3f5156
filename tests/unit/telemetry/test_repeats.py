from __future__ import annotations

import json
import logging
import time
from collections.abc import Generator
from typing import Any

import pytest
import structlog

from cockpit_gateway.telemetry import repeats
from cockpit_gateway.telemetry.context import bound
from cockpit_gateway.telemetry.logs import set_up_logging
from cockpit_gateway.telemetry.repeats import Repeats


def passes(bounded: Repeats, **line: object) -> bool:
    said = {"logger": "cockpit_gateway.delivery.outcomes", "level": "warning", "event": "attempt failed", **line}
    try:
        bounded(None, "warning", said)
    except structlog.DropEvent:
        return False
    return True


@pytest.fixture
def bounded() -> Generator[Repeats]:
    made = Repeats()
    yield made
    if made._timer is not None:
        made._timer.cancel()


def test_another_target_message_status_or_error_is_no_repetition(bounded: Repeats) -> None:
    assert passes(bounded, target="webhook:a")
    assert not passes(bounded, target="webhook:a")
    assert passes(bounded, target="webhook:b")
    assert passes(bounded, target="webhook:a", event="delivery is dead")
    assert passes(bounded, target="webhook:a", exc_info=ValueError("x"))
    assert passes(bounded, status=401)
    assert passes(bounded, status=403)
    with bound(plugin="redact"):
        assert passes(bounded)
    with bound(plugin="audit"):
        assert passes(bounded)


def test_what_is_no_warning_or_not_the_gateways_own_always_passes(bounded: Repeats) -> None:
    for _ in range(3):
        assert passes(bounded, level="info")
        assert passes(bounded, logger="search")


def test_few_kinds_are_remembered(bounded: Repeats, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "MOST_KINDS", 2)
    for target in "abc":
        assert passes(bounded, target=target)
    assert not passes(bounded, target="c")
    assert passes(bounded, target="a"), "it was forgotten"


def test_what_comes_after_a_while_is_news_again() -> None:
    bounded = Repeats(quiet=0.0)
    assert passes(bounded)
    assert passes(bounded)


@pytest.fixture
def _restored() -> Generator[None]:
    root = logging.getLogger()
    handlers, level, config = root.handlers, root.level, structlog.get_config()
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.configure(**config)


@pytest.mark.usefixtures("_restored")
def test_those_that_were_left_out_are_told_with_their_number(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cockpit_gateway.telemetry.logs.Repeats", lambda: Repeats(quiet=0.3))
    set_up_logging("info", "json")
    log = structlog.get_logger("cockpit_gateway.somewhere")
    lines: list[dict[str, Any]] = []
    for number in range(500):
        with bound(delivery_id=str(number)):
            log.warning("attempt failed", target="webhook:down", reason="connection refused")
    until = time.monotonic() + 10
    while len(lines) < 2 and time.monotonic() < until:
        lines += [json.loads(line) for line in capsys.readouterr().err.splitlines()]
        time.sleep(0.01)
    first, last = lines
    assert (first["delivery_id"], "repeated" in first) == ("0", False)
    assert (last["delivery_id"], last["repeated"]) == ("499", 499)
    assert (last["message"], last["logger"], last["level"]) == (first["message"], first["logger"], "warning")
