"""That the documentation is true: its links lead somewhere, its examples work, its generated pages are up to date."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import gateways
import pytest
from documents import ROOT, Page, all_pages, written_pages

from cockpit_gateway import DeliveryState
from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.config import ConfigFile
from cockpit_gateway.loading import BUILT_IN
from cockpit_gateway.registry import PluginStatus, Registry
from cockpit_gateway.testing import Receiver
from cockpit_gateway.testing.captures import capture

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PLUGIN_GUIDE = Page(Path("docs/how-to/write-a-plugin.md"))


@pytest.mark.parametrize("page", all_pages(), ids=str)
def test_links_lead_to_what_exists(page: Page) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.text)
    inside = [link for link in links if not link.startswith("https://")]
    for link in inside:
        path, _, anchor = link.partition("#")
        target = (ROOT / page.path.parent / path) if path else ROOT / page.path
        assert target.exists(), link
        if anchor:
            heading = re.escape(anchor).replace(r"\-", "[ -]")
            assert re.search(rf"^#+ `?{heading}`?$", target.read_text(), re.MULTILINE | re.IGNORECASE), link


@pytest.mark.parametrize("page", written_pages(), ids=str)
def test_configurations_are_valid(page: Page) -> None:
    registry = Registry.load(extra=page.plugins())
    for block in page.blocks("yaml"):
        environ = {name: f"{SECRET[:-2]}{place:02}" for place, name in enumerate(re.findall(r"\$\{(\w+)\}", block))}
        file = ConfigFile.from_text(block, str(page), environ)
        assert file.validate(registry.config_models(), Catalogue(file.custom_events)).settings.sources


@pytest.mark.parametrize("page", written_pages(), ids=str)
def test_plugins_are_sound(page: Page) -> None:
    loaded = Registry.load(extra=page.plugins()).plugins
    for name in page.plugins():
        assert loaded[name].status is PluginStatus.LOADED, loaded[name].problem
        assert loaded[name].hooks


async def test_the_plugins_of_the_guide_are_called(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    yaml = f"sources: {{website: {{}}}}\nplugins: {{search: {{file: {tmp_path}/to-index.txt}}}}\n"
    saved, removed = capture("collections.save.after"), capture("cockpit.assets.remove")
    async with gateways.running(tmp_path, yaml, PLUGIN_GUIDE.plugins()) as gateway:
        for posted in (saved, removed, capture("cockpit.accounts.save")):
            assert (await gateways.post(gateway, posted.body)).status == 202
        delivered = await gateways.wait_for(gateway, DeliveryState.DELIVERED, 3)
        account = (await gateways.stored(gateway))[-1].args[0]
    assert {str(delivery.target_id) for delivery in delivered} == {
        "search:collections_save_after",
        "search:cockpit_assets_remove",
        "printer:paper",
    }
    assert (tmp_path / "to-index.txt").read_text() == "posts/4b58352f633661936d0001e3\n"
    assert "collections.save.after collections/posts/4b58352f633661936d0001e3\n" in capsys.readouterr().out
    assert account.keys() == {"_id"}


async def test_the_plugins_of_the_other_guides_are_called(tmp_path: Path) -> None:
    context, transport = (Page(Path("docs/how-to", name)) for name in ("use-the-context.md", "write-a-transport.md"))
    order = b'{"event":"collections.save.after","args":["orders",{"_id":"1","_modified":2,"paid":true},false]}'
    with Receiver() as receiver:
        settings = f"indexer: {{url: '{receiver.url}', network: {{allow_private: true}}}}"
        broker = "broker: {topics: {changes: {topic: cms, events: [collections.*]}}}"
        yaml = f"sources: {{website: {{}}}}\nplugins: {{{settings}, {broker}}}\n"
        async with gateways.running(tmp_path, yaml, context.plugins() | transport.plugins()) as gateway:
            assert (await gateways.post(gateway, order)).status == 202
            delivered = await gateways.wait_for(gateway, DeliveryState.DELIVERED, 3)
            shown = await gateways.raw(gateway, b"GET /plugins/board/dead HTTP/1.1\r\nHost: x\r\n\r\n")
            emitted = (await gateways.stored(gateway))[-1]
    assert {str(delivery.target_id) for delivery in delivered} == {
        "indexer:collections_save_after",
        "shop:collections_save_after",
        "broker:changes",
    }
    assert [arrived.path for arrived in receiver.requests] == ["/orders"]
    assert (shown.status, shown.body) == (200, b'{"dead": 0}')
    assert (emitted.name, emitted.subjects) == ("shop.order.paid", ("orders/1",))


def test_every_plugin_that_comes_with_it_is_listed() -> None:
    named = re.findall(r"^\| `(\w+)` \|", Page(Path("docs/reference/plugins.md")).text, re.MULTILINE)
    own = [found.name for found in Registry.load().plugins.values() if found.distribution == BUILT_IN]
    assert sorted(named) == sorted(own)


def test_the_examples_of_tests_pass(tmp_path: Path) -> None:
    [example] = Page(Path("docs/how-to/test-a-plugin.md")).blocks("python")
    (tmp_path / "test_example.py").write_text(example)
    options = ["--asyncio-mode=auto", "-o", "asyncio_default_fixture_loop_scope=function", "-W", "error"]
    command = [sys.executable, "-m", "pytest", *options, "test_example.py"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout
    assert f"{example.count('async def test_')} passed" in result.stdout


@pytest.mark.parametrize("page", written_pages(), ids=str)
def test_every_make_command_exists(page: Page) -> None:
    targets = re.findall(r"^(\w+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = re.findall(r"^make (\w+)|`make (\w+)`", page.text, re.MULTILINE)
    assert {command for found in named for command in found if command} <= set(targets)


def test_the_map_of_the_tree_names_what_exists() -> None:
    paths = re.findall(r"^\| `([^`]+)` \|", Page(Path("CONTRIBUTING.md")).text, re.MULTILINE)
    assert len(paths) > 30
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_map_of_the_tree_names_every_room() -> None:
    package, tests = ROOT / "gateway" / "cockpit_gateway", ROOT / "tests"
    rooms = [path for path in package.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()]
    rooms += [path for path in tests.iterdir() if any(path.rglob("test_*.py"))]
    text = Page(Path("CONTRIBUTING.md")).text
    assert [room.name for room in rooms if f"`{room.relative_to(ROOT)}`" not in text] == []


def test_the_generated_pages_are_up_to_date() -> None:
    result = subprocess.run(
        [sys.executable, ROOT / "docs" / "generate.py", "--check"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
