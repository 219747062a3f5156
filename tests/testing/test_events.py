"""The test kit's events: what was recorded, changed as a test wants it, as PHP would send it."""

from __future__ import annotations

import pytest

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.testing import all_captures, capture, make_event
from cockpit_gateway.testing.captures import capture_of


def test_without_changes_an_event_is_what_was_recorded() -> None:
    assert make_event("collections.save.after").body == capture("collections.save.after").body


@pytest.mark.parametrize("name", sorted({found.event for found in all_captures() if found.event and found.args}))
def test_every_event_that_was_recorded_can_be_made(name: str) -> None:
    recorded = next(found for found in all_captures() if found.event == name and found.args)
    assert make_event(name).args == recorded.args


def test_a_variant_is_about_what_it_names() -> None:
    event = make_event("collections.save.after.pages", entry={"_id": "7"})
    assert (event.args[0], event.subjects) == ("pages", ("collections/pages/7",))


def test_arguments_by_position_come_first() -> None:
    assert make_event("collections.remove.after", "posts", 3).args == ["posts", 3]
    assert make_event("collections.save.after", "posts", is_update=True).args[0::2] == ["posts", True]


def test_what_was_not_recorded_is_null() -> None:
    assert make_event("shop.order.paid", 1).args == [1]
    with pytest.raises(TypeError, match="'order'; it has none that have names"):
        make_event("shop.order.paid", order=1)


def test_an_empty_object_is_an_empty_list_as_in_php() -> None:
    assert make_event("collections.save.after", entry={"meta": {}, "tags": [{}]}).args[1] == {"meta": [], "tags": [[]]}


def test_what_cockpit_was_never_seen_to_send_has_no_capture() -> None:
    assert capture_of("nobody.knows", Catalogue()) is None
    with pytest.raises(KeyError, match=r"no capture is called 'nobody.knows'"):
        capture("nobody.knows")
