"""The contract, held against Cockpit's list of events and against every capture."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from pathlib import Path

import captures
import pluggy
import pytest

from cockpit_gateway import Drop, Planned, Retry, Target, hookimpl, hookspecs
from cockpit_gateway.catalogue import Catalogue, CatalogueEntry
from cockpit_gateway.contract import NAMESPACE, declared_event
from cockpit_gateway.events import decode_args

EVENTS = (Path(__file__).parents[1] / "data" / "cockpit-events.txt").read_text().splitlines()
CATALOGUE = Catalogue()
SPECS = {name: value for name, value in vars(hookspecs).items() if hasattr(value, f"{NAMESPACE}_spec")}
RECORDED = [capture for capture in captures.all_captures() if capture.event]


def as_listed(entry: CatalogueEntry) -> str:
    """Return an event's name as Cockpit's own source writes it."""
    name = entry.event.name
    if entry.hook.startswith("collections_admin_find_"):
        return name.replace("{name}", "{$collection['name']}")
    return re.sub(r"\{(\w+)\}", r"{$\1}", name)


def test_every_event_of_cockpit_has_a_hookspec_and_no_other() -> None:
    assert sorted(as_listed(entry) for entry in CATALOGUE.entries.values()) == sorted(EVENTS)
    assert len(EVENTS) == 104


@pytest.mark.parametrize("capture", RECORDED, ids=lambda capture: capture.file)
def test_every_recorded_event_finds_its_hook_and_binds_its_arguments(capture: captures.Capture) -> None:
    assert capture.event is not None
    match = CATALOGUE.match(capture.event)
    assert match is not None
    assert capture.event.startswith(match.entry.event.name.partition("{")[0])
    args = decode_args(capture.body)
    bound = CATALOGUE.bind(capture.event, args)
    assert tuple(bound) == match.entry.parameters
    assert list(bound.values())[: len(args)] == args
    assert all(value is None for value in list(bound.values())[len(args) :])


@pytest.mark.parametrize("name", ["cockpit.rest.authenticate", "cockpit.rest.erroronrequest", "shutdown"])
def test_events_that_never_arrive_say_so(name: str) -> None:
    match = CATALOGUE.match(name)
    assert match is not None
    assert not match.entry.event.fires
    assert match.entry.doc.startswith("Never ")


@pytest.mark.parametrize("hook", SPECS)
def test_every_hook_is_documented(hook: str) -> None:
    doc = inspect.getdoc(SPECS[hook]) or ""
    parameters = inspect.signature(SPECS[hook]).parameters
    assert re.match(r"^\S.*[.]$", doc.partition("\n")[0])
    for parameter in parameters:
        assert re.search(rf"^    {parameter}: \S", doc, re.MULTILINE), parameter
    if declared_event(SPECS[hook]) is not None:
        assert "\nSource: " in doc
        assert list(parameters)[-2:] == ["event", "context"]


@pytest.mark.parametrize("hook", SPECS)
def test_every_example_is_an_implementation_of_its_hook(hook: str) -> None:
    doc = inspect.getdoc(SPECS[hook]) or ""
    lines = [line.strip()[4:] for line in doc.partition("Example:")[2].splitlines() if line.strip()]
    source = textwrap.dedent("\n".join(lines))
    (function,) = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert function.name == hook
    names = {"hookimpl": hookimpl, "Drop": Drop, "Retry": Retry, "Planned": Planned, "Target": Target}
    exec(compile(source, f"<example of {hook}>", "exec"), names)
    manager = pluggy.PluginManager(NAMESPACE)
    manager.add_hookspecs(hookspecs)
    plugin = type("Plugin", (), {hook: staticmethod(names[hook])})
    manager.register(plugin)
    manager.check_pending()


def test_the_two_files_are_one() -> None:
    package_file = Path(inspect.getfile(hookspecs))
    root_file = Path(__file__).parents[2] / "hookspecs.py"
    assert package_file.resolve() == root_file.resolve()
