"""`events`, `deliveries` and `endpoints` of a running gateway."""

from __future__ import annotations

import json

from commands import ESCAPES, SAVE, Site, eventually

from cockpit_gateway.testing import Answer, Receiver
from cockpit_gateway.testing.captures import FOLDER as CAPTURES


def test_an_event_is_shown_with_arguments_and_deliveries(house: Site) -> None:
    with house.daemon():
        house.text("send", SAVE)
        [delivery] = house.ended_deliveries()
        shown = house.text("events", "show", delivery["event"])
    fields = dict(line.split(None, 1) for line in shown.partition("\n\n")[0].splitlines())
    assert fields["event"] == "collections.save.after"
    assert fields["subjects"] == "collections/posts/4b58352f633661936d0001e3"
    assert json.loads(shown.split("Arguments\n")[1].partition("\n\n")[0])[1]["title"] == "Hello"
    assert delivery["id"] in shown.split("Deliveries\n")[1]


def test_an_event_is_explained(house: Site, receiver: Receiver) -> None:
    receiver.answers.append(Answer(500))
    house.config.write_text(
        house.config.read_text()
        + f"""
      drafts: {{url: {receiver.url}, allow_private: true, events: [collections.save.after], when: entry.draft}}
"""
    )
    with house.daemon():
        house.text("send", SAVE)
        [dead] = house.ended_deliveries()
        shown = house.text("explain", dead["event"])
        document = house.json("explain", dead["event"], "--endpoint", "drafts")
    while_stopped = house.json("explain", dead["event"], "--endpoint", "drafts")
    assert "at the door  stored" in shown
    rows = {line.split()[0]: line for line in shown.splitlines() if line.startswith(("search-index ", "drafts "))}
    assert "dead" in rows["search-index"]
    assert "gave up after 1 attempts: HTTP 500" in rows["search-index"]
    assert "`when` is false: entry.draft" in rows["drafts"]
    assert "  entry.draft is null" in shown
    [target] = document["targets"]
    assert (target["target"], target["setting"], target["planned_today"]) == ("drafts", "when", False)
    assert while_stopped == document


def test_lists_are_filtered_and_paged(house: Site) -> None:
    with house.daemon():
        house.text("send", SAVE, CAPTURES / "forms.save.after.json", "--repeat", "2")
        house.ended_deliveries()
        page = house.here("events", "list", "--limit", "3")
        rest = house.here("events", "list", "--limit", "3", "--cursor", page["next"])
        forms = house.here("events", "list", "--name", "forms.save.after", "--source", "website")["events"]
        subject = house.here("events", "list", "--subject", forms[0]["subjects"][0])["events"]
        of_event = house.deliveries("--event", forms[0]["id"])
        of_target = house.deliveries("--endpoint", "webhook:search-index", "--plugin", "webhook", "--limit", "1")
        dead = house.deliveries("--state", "dead")
    assert [event["name"].partition(".")[0] for event in page["events"] + rest["events"]] == [
        "forms",
        "collections",
    ] * 2
    assert rest["next"] is None
    assert len(forms) == 2
    assert forms[0] in subject
    assert [delivery["event"] for delivery in of_event] == [forms[0]["id"]]
    assert len(of_target) == 1
    assert dead == []


def test_a_dead_letter_is_shown_attempt_by_attempt_and_delivered_again(house: Site, receiver: Receiver) -> None:
    receiver.answers.append(Answer(500, body=f"answered{ESCAPES}".encode()))
    with house.daemon():
        house.text("send", SAVE)
        [dead] = house.ended_deliveries()
        shown = house.text("deliveries", "show", dead["id"])
        table = house.text("deliveries", "list", "--state", "dead")
        replayed = house.text("deliveries", "replay", dead["id"], "--yes")
        eventually(lambda: house.deliveries("--state", "delivered"))
        history = house.json("deliveries", "show", dead["id"])["history"]
    assert dead["state"] == "dead"
    assert "Attempt 1" in shown
    assert "HTTP 500" in shown
    assert "Content-Length: 13" in shown
    assert "answered\\u001b[2J\\u0007" in shown
    assert dead["id"] in table
    assert "search-index" in table
    assert "Replayed 1 delivery." in replayed
    assert [attempt["outcome"] for attempt in history] == ["retry", "delivered"]


def test_what_does_not_exist_is_said_in_one_sentence(house: Site) -> None:
    with house.daemon():
        for arguments in (
            ("events", "show", "no/such"),
            ("deliveries", "show", "no such"),
            ("deliveries", "replay", "none"),
            ("endpoints", "enable", "none"),
        ):
            result = house.run(*arguments)
            assert result.returncode == 1, arguments
            assert len(result.stderr.splitlines()) == 1, result.stderr


def test_an_endpoint_that_was_disabled_is_enabled(house: Site, receiver: Receiver) -> None:
    receiver.answers.append(Answer(410))
    with house.daemon():
        house.text("send", SAVE)
        house.ended_deliveries()
        [disabled] = [line for line in house.text("endpoints", "list").splitlines() if "search-index" in line]
        house.text("send", SAVE)
        held = house.text("deliveries", "list", "--state", "pending")
        enabled = house.text("endpoints", "enable", "search-index")
        eventually(lambda: house.deliveries("--state", "delivered"))
        targets = house.json("endpoints", "list")["targets"]
    assert (
        enabled.removesuffix(" (1 pending).\n").removesuffix(".\n") == "search-index is active"
    )  # or delivered already
    assert "disabled" in disabled
    assert "HTTP 410" in disabled
    assert "held: disabled" in held
    assert {target["target"]: target["state"] for target in targets}["search-index"] == "active"


def test_the_node_is_shown_with_its_endpoints(house: Site) -> None:
    with house.daemon() as daemon:
        shown = house.text("nodes")
        [node] = house.json("nodes")["nodes"]
    assert (node["state"], node["here"], node["upkeep"]) == ("alive", True, True)
    assert node["name"].endswith(f"/{daemon.pid}")
    assert {"plugin": "webhook", "target": "search-index"} in node["targets"]
    assert "alive" in shown
    assert "search-index" in shown
