from __future__ import annotations

from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.delivery.memory import Memory

SITE, SEARCH, MAIL = (TargetId("webhook", name) for name in ("site", "search", "mail"))


def test_one_target_gets_a_share_and_leaves_the_rest_to_the_others() -> None:
    memory = Memory(budget=100)
    memory.take(SITE, 25)
    assert (memory.room, memory.room_for(SITE), memory.room_for(SEARCH)) == (75, 0, 25)


def test_what_is_given_back_can_be_taken_again() -> None:
    memory = Memory(budget=100)
    memory.take(SITE, 90)
    assert (memory.room, memory.room_for(SEARCH)) == (10, 10)
    memory.give(SITE, 90)
    assert (memory.room, memory.room_for(SITE)) == (100, 25)


def test_a_target_without_anything_at_hand_is_known_even_when_there_is_no_room() -> None:
    memory = Memory(budget=100)
    memory.take(SITE, 200)
    assert (memory.room, memory.room_for(MAIL), memory.has_none(MAIL), memory.has_none(SITE)) == (0, 0, True, False)
