"""Daemons as processes on one database."""

from __future__ import annotations

import sys
from pathlib import Path

import commands
import pytest
from commands import SAVE, Site, eventually, site


@pytest.fixture(autouse=True)
def _with_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the command of the checkout, which has asyncpg."""
    monkeypatch.setattr(commands, "COMMAND", Path(sys.executable).with_name("cockpit-gateway"))


def node(folder: Path, url: str) -> Site:
    folder.mkdir()
    house = site(folder, f"node: {folder.name}\nsources: {{website: {{}}}}\n")
    house.config.write_text(house.config.read_text().replace("sqlite:gateway.db", f"'{url}'"))
    return house


def answers_are_logged(house: Site) -> bool:
    return any(line["message"] == "answered" for line in house.logged())


def test_a_reload_by_the_command_reaches_every_daemon(tmp_path: Path, postgres_url: str) -> None:
    """Each reads its own file again, and logs as that wants it."""
    first, second = (node(tmp_path / name, postgres_url) for name in "ab")
    with first.daemon(), second.daemon():
        eventually(lambda: len(first.json("nodes")["nodes"]) == 2)
        second.config.write_text(second.config.read_text() + "log: {level: debug, format: json}\n")
        assert first.json("reload")["nodes"] == [{"name": "a", "problem": None}, {"name": "b", "problem": None}]
        second.text("send", SAVE)
        eventually(lambda: answers_are_logged(second))
        assert not answers_are_logged(first)
        second.config.write_text(second.config.read_text() + "nonsense: 1\n")
        assert "\nb goes on as it was: gateway.yaml:6:1: nonsense: unknown key" in first.text("reload")


def test_what_nodes_should_not_have_alike_and_what_they_should_is_told(tmp_path: Path, postgres_url: str) -> None:
    first, second = (node(tmp_path / name, postgres_url) for name in "ab")
    second.config.write_text(second.config.read_text().replace("node: b", "node: a").replace("{}}", "{}, shop: {}}"))
    with first.daemon(), second.daemon():
        eventually(lambda: len(first.json("nodes")["nodes"]) == 2)
        shown = first.text("nodes")
    assert "Another configuration than here: a. Give all the same sources, endpoints and encryption.keys" in shown
    assert "2 nodes have the name a: give each its own by `node`." in shown
