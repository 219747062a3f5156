"""Endpoints are looked after from the command line."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from commands import SAVE, Site, eventually
from documents import Page

from cockpit_gateway.testing import Answer, Receiver

PAGE = Page(Path("docs/how-to/look-after-endpoints.md"))


def state(house: Site) -> str:
    found = house.json("endpoints", "show", "search-index")
    return str(found["state"])


def test_an_endpoint_is_paused_tested_and_resumed(house: Site, receiver: Receiver) -> None:
    with house.daemon():
        paused = house.text("endpoints", "pause", "search-index", "--reason", "moving")
        house.text("send", SAVE)
        shown = house.text("endpoints", "show", "search-index")
        held = house.deliveries()
        tested = house.json("endpoints", "test", "search-index")
        refused = house.run("endpoints", "enable", "search-index")
        resumed = house.text("endpoints", "resume", "search-index")
        eventually(lambda: house.deliveries("--state", "delivered"))
        receiver.answers.append(Answer(500))
        failed = house.run("endpoints", "test", "search-index")
    assert paused == "search-index is paused, its deliveries wait.\n"
    assert "moving" in shown
    assert [delivery["held"] for delivery in held] == ["paused"]
    assert (tested["outcome"], tested["response"]["status"]) == ("delivered", 200)
    assert json.loads(receiver.requests[0].body)["event"] == "gateway.test"
    assert (refused.returncode, refused.stderr) == (1, b"search-index is paused (moving); resume it instead\n")
    assert (
        resumed.removesuffix(" (1 pending).\n").removesuffix(".\n") == "search-index is active"
    )  # or delivered already
    assert (failed.returncode, failed.stderr) == (
        1,
        b"search-index did not take it: HTTP 500 Internal Server Error\n",
    )


def test_what_was_paused_stays_so_through_a_restart_and_without_a_daemon(house: Site) -> None:
    with house.daemon():
        house.text("endpoints", "pause", "search-index")
    assert state(house) == "paused"
    with house.daemon():
        assert state(house) == "paused"
    house.text("endpoints", "resume", "search-index")
    assert state(house) == "active"
    test = house.run("endpoints", "test", "search-index")
    assert (test.returncode, test.stderr) == (1, b"no gateway is running\n")


def test_an_unknown_endpoint_is_an_error(house: Site) -> None:
    with house.daemon():
        for change in ("show", "pause", "resume", "enable", "test"):
            result = house.run("endpoints", change, "serch-index")
            assert (result.returncode, result.stderr) == (
                1,
                b"there is no target webhook:serch-index, did you mean webhook:search-index?\n",
            )


def test_the_commands_of_the_page_about_endpoints_run(house: Site, receiver: Receiver) -> None:
    lines = [shlex.split(line) for line in PAGE.commands() if line.startswith("cockpit-gateway ")]
    assert len(lines) > 5
    with house.daemon():
        for _, *arguments in lines:
            result = house.run(*arguments)
            assert (result.returncode, result.stderr) == (0, b""), arguments
