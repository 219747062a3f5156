from __future__ import annotations

import pytest

from cockpit_gateway.telemetry.context import bind, bound, bound_ids, calling, merge_ids, request_id


def test_a_block_adds_ids_and_takes_them_away_again() -> None:
    with bound(source="website", event_id="1"):
        with bound(event_id="2", event="collections.save.after"):
            assert bound_ids() == {"source": "website", "event_id": "2", "event": "collections.save.after"}
        assert bound_ids() == {"source": "website", "event_id": "1"}
    assert bound_ids() == {}


def test_what_is_bound_within_a_block_ends_with_it() -> None:
    with bound():
        bind(request_id="7")
        bind(source="website")
        assert bound_ids() == {"request_id": "7", "source": "website"}
    assert bound_ids() == {}


def test_a_line_keeps_what_it_names_itself() -> None:
    with bound(event_id="1", plugin="webhook"):
        token = calling.set("redact")
        line = merge_ids(None, "info", {"event_id": "another", "message": "said"})
        calling.reset(token)
    assert line == {"event_id": "another", "message": "said", "plugin": "redact"}


@pytest.mark.parametrize("given", ["7f3a", "Root=1-67891233-abcdef", "a" * 128])
def test_a_request_keeps_the_id_that_it_came_with(given: str) -> None:
    assert request_id(given) == given


@pytest.mark.parametrize("given", [None, "", "two words", "a" * 129, "line\nbreak", "ünïcode", '"}'])
def test_a_request_without_a_sound_id_gets_one(given: str | None) -> None:
    made = request_id(given)
    assert made != given
    assert made != request_id(given)
    assert len(made) == 36
