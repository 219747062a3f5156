"""A third party's plugins, installed as a distribution beside the gateway."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from commands import PATIENCE, Site, eventually, site, terminal
from packages import install_plugin, once

from cockpit_gateway.testing.captures import FOLDER as CAPTURES

PROJECT = Path(__file__).parents[1] / "data" / "plugins" / "notes"

DELIVERED = {("collections_remove_after", "delivered"), ("any_event", "delivered")}

BELL = """
from pathlib import Path
from cockpit_gateway import hookimpl

@hookimpl
def any_event(event):
    with Path("rung.txt").open("a") as file:
        file.write(event.name + "\\n")
"""

COMMANDS = """
import asyncio
import typer
from cockpit_gateway import hookimpl
from cockpit_gateway.config import PluginConfig

class Search:
    class Config(PluginConfig):
        url: str

    @hookimpl
    def any_event(self, event):
        pass

    @hookimpl
    def register_commands(self, context):
        app = typer.Typer()

        @app.command()
        def index(collection: str, full: bool = False):
            print(collection, context.config.url, f"{full=}")

        @app.command()
        def kept():
            asyncio.run(context.storage.get("cursor"))

        return app
"""

Environment = Mapping[str, str]


@pytest.fixture(scope="session")
def with_notes(shared: Path) -> Environment:
    """Return an environment variable that adds the plugins to what is installed."""
    return {"PYTHONPATH": str(once(shared / "notes", lambda folder: install_plugin(PROJECT, folder)))}


@pytest.fixture
def house(tmp_path: Path) -> Site:
    return site(tmp_path, "sources: {website: {}}\nplugins: {notes: {file: notes.txt}}\nbroken_plugins: skip\n")


def deliveries(house: Site, env: Environment) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the deliveries by the handler they go to and their state."""
    listed = json.loads(house.run("deliveries", "list", "--json", env=env).stdout)["deliveries"]
    return {(delivery["target"], delivery["state"]): delivery for delivery in listed}


def test_its_handlers_are_called_in_its_threads_and_on_the_loop(house: Site, with_notes: Environment) -> None:
    with house.daemon(with_notes):
        house.run("send", CAPTURES / "collections.remove.after.json", env=with_notes)
        eventually(lambda: len(deliveries(house, with_notes).keys() & DELIVERED) == 2)
    assert sorted((house.folder / "notes.txt").read_text().splitlines()) == [
        "main thread, async def: collections.remove.after",
        "own thread, def: 1 removed from posts",
    ]


def test_one_that_raises_is_retried_and_harms_no_other(house: Site, with_notes: Environment) -> None:
    with house.daemon(with_notes):
        house.run("send", CAPTURES / "collections.save.after.json", env=with_notes)
        eventually(lambda: ("any_event", "delivered") in deliveries(house, with_notes))

        def failed() -> dict[str, Any] | None:
            found = deliveries(house, with_notes).get(("collections_save_after", "pending"))
            return found if found and found["attempts"] else None

        raised = eventually(failed)
    assert raised is not None
    assert raised["reason"] == "RuntimeError: out of ink"


def test_a_broken_one_is_shown_and_the_gateway_runs_without_it(house: Site, with_notes: Environment) -> None:
    with house.daemon(with_notes):
        listed = house.run("plugins", "list", env=with_notes)
    shown = listed.stdout.decode()
    assert listed.returncode == 1
    assert "there is no hook 'collections_saev_after', did you mean 'collections_save_after'?" in shown
    rows = [line.split()[:4] for line in shown.splitlines()]
    assert ["notes", "1.2.3", "cockpit-gateway-notes", "loaded"] in rows
    assert ["misspelt", "1.2.3", "cockpit-gateway-notes", "broken"] in rows
    assert "plugin is broken, the gateway runs without it" in (house.folder / "log").read_text()


def test_a_broken_one_stops_the_start_unless_it_is_told_otherwise(house: Site, with_notes: Environment) -> None:
    house.config.write_text(house.config.read_text().replace("skip", "fail"))
    for command, code in (("check", 2), ("run", 1)):
        refused = house.run(command, env=with_notes)
        assert refused.returncode == code
        assert "plugin misspelt is broken: there is no hook 'collections_saev_after'" in refused.stderr.decode()
        assert "`disabled_plugins: [misspelt]`" in refused.stderr.decode()
    with house.daemon(with_notes | {"COCKPIT_GATEWAY_DISABLED_PLUGINS": "misspelt"}):
        listed = house.run("plugins", "list", "--json", env=with_notes)
    statuses = {plugin["name"]: plugin["status"] for plugin in json.loads(listed.stdout)["plugins"]}
    assert (listed.returncode, statuses["misspelt"], statuses["notes"]) == (0, "disabled", "loaded")


def test_one_file_is_enough(house: Site) -> None:
    (house.folder / "plugins").mkdir()
    (house.folder / "plugins" / "bell.py").write_text(BELL)
    house.config.write_text("plugins_dir: plugins\n" + house.config.read_text().replace("notes: {file: notes.txt}", ""))
    with house.daemon():
        house.run("send", CAPTURES / "collections.save.after.json")
        eventually(lambda: house.deliveries("--plugin", "bell", "--state", "delivered"))
        listed = house.here("plugins", "list", "--hook", "any_event")["plugins"]
    assert [(plugin["name"], plugin["place"]) for plugin in listed] == [("bell", "plugins/bell.py")]
    assert (house.folder / "rung.txt").read_text() == "collections.save.after\n"


def test_its_calls_are_seen_live(house: Site, with_notes: Environment) -> None:
    with house.daemon(with_notes):
        trace = ("plugins", "trace", "notes", "--arguments")
        with terminal(house, *trace, env=with_notes) as (process, shown):
            eventually(lambda: "Waiting for calls" in shown())

            def seen() -> bool:
                names = ("collections.save.after.json", "collections.remove.after.json")
                house.run("send", *(CAPTURES / name for name in names), env=with_notes)
                return "out of ink" in shown() and "name =" in shown()

            eventually(seen)
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE)
    assert "notes:collections_save_after  collections.save.after  collections/posts/" in shown()
    assert "RuntimeError: out of ink (" in shown()
    assert 'name = "posts"' in shown()


def test_without_a_daemon_nothing_is_called(house: Site) -> None:
    refused = house.run("plugins", "trace")
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1, refused.stderr


OLD = """
from cockpit_gateway import HookDeprecationWarning, cockpit_event, hookimpl

GOING = HookDeprecationWarning("`shop_sold`", since="0.3", instead="implement `shop_paid`")

@cockpit_event("shop.sold", deprecated=GOING)
def shop_sold(order, event, context):
    \"\"\"Something was sold.\"\"\"

@hookimpl
def register_events():
    return [shop_sold]
"""

TILL = """
from cockpit_gateway import hookimpl

@hookimpl
def shop_sold(order): ...
"""


def test_what_will_not_work_with_a_later_version_is_told(house: Site) -> None:
    (house.folder / "plugins").mkdir()
    (house.folder / "plugins" / "shop.py").write_text(OLD)
    (house.folder / "plugins" / "till.py").write_text(TILL)
    house.config.write_text("plugins_dir: plugins\n" + house.config.read_text().replace("notes: {file: notes.txt}", ""))
    expected = "`shop_sold` is deprecated since 0.3 and goes away with 0.5: implement `shop_paid` ("
    assert expected in house.run("check").stderr.decode()
    with house.daemon():
        listed = house.text("plugins", "list")
    assert expected in listed
    [told] = [line for line in (house.folder / "log").read_text().splitlines() if expected in line]
    assert re.search(r"origin\W+\S*till\.py(?!:)", told), told


def test_its_settings_are_validated_as_the_gateways_own(house: Site, with_notes: Environment) -> None:
    house.config.write_text(house.config.read_text().replace("file: notes.txt", "filee: notes.txt"))
    refused = house.run("check", env=with_notes)
    assert refused.returncode == 2
    assert "gateway.yaml:4:19: plugins.notes.filee: unknown key, did you mean 'file'?" in refused.stderr.decode()


def test_its_commands_are_run_by_its_name(house: Site) -> None:
    (house.folder / "plugins").mkdir()
    (house.folder / "plugins" / "search.py").write_text(COMMANDS)
    house.config.write_text(
        "plugins_dir: plugins\n" + house.config.read_text().replace("notes: {file: notes.txt}", "search: {url: here}")
    )
    assert house.text("plugins", "run", "search", "index", "posts", "--full") == "posts here full=True\n"
    assert "index" in house.text("plugins", "run", "search", "--help")
    kept = house.run("plugins", "run", "search", "kept")
    assert (kept.returncode, b"is the daemon's: ask it by a route" in kept.stderr) == (1, True)
    for name, says in (
        ("webhook", b"the plugin 'webhook' has no commands"),
        ("finder", b"there is no plugin 'finder'"),
    ):
        refused = house.run("plugins", "run", name)
        assert refused.returncode == 1
        assert says + b"; plugins with commands: search" in refused.stderr


def test_a_command_that_would_never_be_awaited_is_refused(house: Site) -> None:
    (house.folder / "plugins").mkdir()
    (house.folder / "plugins" / "search.py").write_text(COMMANDS.replace("def kept", "async def kept"))
    house.config.write_text(
        "plugins_dir: plugins\n" + house.config.read_text().replace("notes: {file: notes.txt}", "search: {url: here}")
    )
    refused = house.run("plugins", "run", "search", "kept")
    assert refused.returncode == 1
    assert b"the command 'kept' of plugin search is `async def`, which is never awaited" in refused.stderr
