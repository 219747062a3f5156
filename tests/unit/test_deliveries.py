"""Keys of lanes, which every store's index takes."""

from __future__ import annotations

import pytest

from cockpit_gateway.deliveries import LONGEST_KEY, lane_key


@pytest.mark.parametrize("long", ["x" * 9999, "\u20ac" * 400, "a/" * 600, "/" * 9999])
def test_a_long_key_is_bounded_and_tells_it_from_others(long: str) -> None:
    key = lane_key(f"collections/posts/{long}")
    assert len(key.encode()) <= LONGEST_KEY
    assert key.startswith("collections/posts/")
    assert key != lane_key(f"collections/posts/{long}y")
    assert not lane_key(long).startswith("/") or long.startswith("/")
    assert lane_key(key) == key


def test_a_key_that_is_long_enough_stays() -> None:
    assert lane_key("x" * LONGEST_KEY) == "x" * LONGEST_KEY
