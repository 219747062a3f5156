"""What reaches a terminal, and what a pipe."""

from __future__ import annotations

import json

import pytest
from commands import ESCAPES, SAVE, Site, on_terminal

HOSTILE = json.dumps(["posts", {"_id": "1", "title": f"{ESCAPES}[bold]x[/]"}, False])


@pytest.mark.parametrize("commands", [("events", "list"), ("deliveries", "list"), ("endpoints", "list")])
def test_what_is_piped_has_no_escape_sequence_and_a_terminal_has_colours(house: Site, commands: list[str]) -> None:
    with house.daemon():
        house.text("send", SAVE)
        house.ended_deliveries()
        assert "\x1b" not in house.text(*commands)
        shown = on_terminal(house, *commands)
        plain = on_terminal(house, *commands, env={"NO_COLOR": "1"})
    assert "\x1b[32m" in shown
    assert "\x1b[32m" not in plain


def test_nothing_in_an_event_controls_the_terminal(house: Site) -> None:
    name = f"collections.save.after.{ESCAPES}"
    with house.daemon():
        house.text("send", "--event", name, "--args", HOSTILE)
        [event] = house.json("events", "list")["events"]
        shown = on_terminal(house, "events", "list") + on_terminal(house, "events", "show", event["id"])
        shown += on_terminal(house, "events", "show", event["id"], "--json")
    assert event["name"] == name
    assert "\x1b[2J" not in shown
    assert "\x07" not in shown
    assert "\\u001b[2J" in shown
    assert "[bold]x[/]" in shown
