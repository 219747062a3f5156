"""`plan`: what another configuration would change, with a daemon and without one; nothing is written or sent."""

from __future__ import annotations

import json
from contextlib import chdir

import yaml
from commands import SAVE, SECRET, TOKEN, Site

from cockpit_gateway.cli.client import connect
from cockpit_gateway.testing import Receiver
from cockpit_gateway.testing.captures import FOLDER as CAPTURES


def other(house: Site, *changes: tuple[str, str], more: str = "") -> str:
    """Write a changed copy of the configuration, and return its name."""
    text = house.config.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (house.folder / "other.yaml").write_text(text + more)
    return "other.yaml"


def test_what_would_change(house: Site, receiver: Receiver) -> None:
    forms = f"""
      forms: {{url: {receiver.url}, allow_private: true, events: [forms.save.after], secret: {SECRET}}}
"""
    with house.daemon():
        house.text("send", SAVE, CAPTURES / "forms.save.after.json", "--repeat", "2")
        house.ended_deliveries()
        sent = len(receiver.requests)
        changes = (('"collections.*", "forms.*"', '"collections.*"'), ("grace: 2s", "grace: 3s"))
        name = other(house, *changes, more=forms)
        shown = house.text("plan", name)
        document = house.json("plan", name)
        deliveries = len(house.deliveries())
    without_daemon = house.json("plan", name)
    assert (len(receiver.requests), deliveries) == (sent, 4)
    assert without_daemon == document
    settings = {change["path"]: change for change in document["settings"]}
    assert settings["server.grace"] == {
        "path": "server.grace",
        "before": "2s",
        "after": "3s",
        "needs_restart": True,
    }
    events = settings["plugins.webhook.endpoints.search-index.events"]
    assert (events["before"], events["after"], events["needs_restart"]) == (
        ["collections.*", "forms.*"],
        ["collections.*"],
        False,
    )
    assert settings["plugins.webhook.endpoints.forms.secret"]["after"] == "***"
    assert [(target["target"], target["what"]) for target in document["targets"]] == [
        ("forms", "added"),
        ("search-index", "changed"),
    ]
    shares = {share["target"]: share for share in document["deliveries"]}
    counts = {
        name: [share[key] for key in ("made", "before", "after", "gained", "lost")] for name, share in shares.items()
    }
    assert counts == {"forms": [0, 0, 2, 2, 0], "search-index": [4, 4, 2, 0, 2]}
    assert {example["name"] for share in shares.values() for example in share["examples"]} == {"forms.save.after"}
    assert document["events"] == 4
    assert "needs a restart" in shown
    assert "2 no longer" in shown
    assert [text for text in (shown, str(document)) if TOKEN in text or SECRET in text] == []


def test_an_endpoint_that_goes_leaves_what_waits_without_a_target(house: Site, receiver: Receiver) -> None:
    """However many others there are."""
    settings = f"{{url: '{receiver.url}', allow_private: true, events: [forms.save.after]}}"
    others = [f"      a{number}: {settings}\n" for number in range(60)]
    house.config.write_text(house.config.read_text() + "".join(others))
    with house.daemon():
        house.text("endpoints", "pause", "search-index")
        house.text("send", SAVE)
        name = other(house, ("search-index:", "renamed:"))
        shown = house.text("plan", name, "--since", "1h")
        [added, removed] = house.json("plan", name)["targets"]
    assert (added["target"], added["what"]) == ("renamed", "added")
    assert (removed["target"], removed["what"], removed["pending"]) == ("search-index", "removed", 1)
    assert '1 pending delivery would be held as "no target"' in shown
    assert receiver.requests == []


def test_a_secret_that_changes_is_told_as_another_one(house: Site) -> None:
    name = other(house, (SECRET, SECRET.replace("YSBz", "YSBT")))
    result = house.run("plan", name)
    assert (result.returncode, b"there is no store" in result.stderr) == (1, True)
    [line] = [line for line in result.stdout.decode().splitlines() if "endpoints.search-index.secret" in line]
    assert '"***", another one' in line


def test_nothing_changes_by_the_same_file_and_mistakes_are_told(house: Site) -> None:
    with house.daemon():
        same = house.run("plan", "-", "--json", stdin=house.config.read_bytes())
        wrong = house.run("plan", other(house, ("endpoints:", "endpoint:")))
    document = json.loads(same.stdout)
    assert (same.returncode, document["settings"], document["targets"], document["deliveries"]) == (0, [], [], [])
    assert wrong.returncode == 2
    assert b"did you mean 'endpoints'" in wrong.stderr


def test_endpoints_of_the_store_are_named_and_shown(house: Site) -> None:
    settings = {"url": "https://example.org/", "events": ["forms.*"], "bearer": SECRET}
    made = "\n      made: {url: https://example.org/, events: [forms.*]}\n"
    with house.daemon():
        with chdir(house.folder), connect(house.config, daemon_only=True) as client:
            for name in ("made", "other"):
                client.post("endpoints", body={"name": name, "settings": settings})
        taken = other(house, more=made)
        planned, for_programs = house.run("plan", taken), json.loads(house.run("plan", taken, "--json").stdout)
        shown, effective = house.text("config", "show"), house.text("config", "show", "--effective")
    assert [(found["target"], found["is_taken"]) for found in for_programs["stored"]] == [
        ("made", True),
        ("other", False),
    ]
    assert b"Of the store, and not part of this: other." in planned.stdout
    assert planned.stderr.startswith(b"The store has an endpoint made, too: a reload refuses this file")
    for text in (shown, effective):
        endpoints = yaml.safe_load(text)["plugins"]["webhook"]["endpoints"]
        assert endpoints["made"] == endpoints["other"] == settings | {"bearer": "***"}
        assert "search-index" in endpoints
        assert "- forms.*  # store" in text
        assert SECRET not in text
