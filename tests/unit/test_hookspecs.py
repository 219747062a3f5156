"""The contract, held against Cockpit's list of events and against every capture."""

from __future__ import annotations

import doctest
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pluggy
import pytest
import structlog

import cockpit_gateway
from cockpit_gateway import Event, hookspecs
from cockpit_gateway.catalogue import Catalogue, CatalogueEntry
from cockpit_gateway.contract import NAMESPACE, declared_event
from cockpit_gateway.events import decode_args
from cockpit_gateway.testing import captures, make_context

EVENTS = (Path(__file__).parents[1] / "data" / "cockpit-events.txt").read_text().splitlines()
CATALOGUE = Catalogue()
SPECS = {name: value for name, value in vars(hookspecs).items() if hasattr(value, f"{NAMESPACE}_spec")}
RECORDED = [capture for capture in captures.all_captures() if capture.event]
STAND_INS = {
    "cockpit_rest_authenticate": "cockpit_api_authenticate",
    "cockpit_rest_erroronrequest": "cockpit_api_erroronrequest",
    "shutdown": "after",
    "app_controller_init": "any_event",
}
"""Hooks that are never called, and the one that their example implements instead."""

JSON_TYPES: dict[str, type[object]] = {
    "JSONObject": dict,
    "JSONArray": list,
    "JSONValue": object,
    "str": str,
    "int": int,
    "bool": bool,
    "None": type(None),
}


def as_listed(entry: CatalogueEntry) -> str:
    """Return an event's name as Cockpit's own source writes it."""
    name = entry.event.name
    if entry.hook.startswith("collections_admin_find_"):
        return name.replace("{name}", "{$collection['name']}")
    return re.sub(r"\{(\w+)\}", r"{$\1}", name)


def example(hook: str) -> dict[str, Callable[..., Any]]:
    """Return what the example of a hook defines, beside the public names of the package."""
    parts = doctest.DocTestParser().get_examples(inspect.getdoc(SPECS[hook]) or "")
    source = "".join(part.source for part in parts)
    names = {name: getattr(cockpit_gateway, name) for name in cockpit_gateway.__all__}
    exec(compile(source, f"<example of {hook}>", "exec"), names)
    return names


def test_every_event_of_cockpit_has_a_hookspec_and_no_other() -> None:
    assert sorted(as_listed(entry) for entry in CATALOGUE.entries.values() if not entry.event.own) == sorted(EVENTS)
    assert len(EVENTS) == 104


@pytest.mark.parametrize("entry", CATALOGUE.entries.values(), ids=lambda entry: entry.hook)
def test_a_hook_is_called_as_its_event_is(entry: CatalogueEntry) -> None:
    name = re.sub(r"\.\{name\}$", "", entry.event.name)
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    assert entry.hook == "_".join(word.strip("{_}") for word in re.split(r"[./]", words))


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


@pytest.mark.parametrize("capture", RECORDED, ids=lambda capture: capture.file)
def test_every_recorded_argument_is_of_a_declared_type(capture: captures.Capture) -> None:
    assert capture.event is not None
    match = CATALOGUE.match(capture.event)
    assert match is not None
    for annotation, value in zip(match.entry.types, decode_args(capture.body), strict=False):
        types = {JSON_TYPES[name] for name in annotation.split(" | ")}
        assert type(value) in types or types == {object}, (annotation, value)


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
    declared = declared_event(SPECS[hook])
    if declared is not None:
        assert declared.own or "\nSource: " in doc
        assert list(parameters)[-2:] == ["event", "context"]


@pytest.mark.parametrize("hook", SPECS)
def test_every_example_is_an_implementation_of_its_hook(hook: str) -> None:
    implemented = STAND_INS.get(hook, hook)
    plugin = type("Plugin", (), {implemented: staticmethod(example(hook)[implemented])})
    manager = pluggy.PluginManager(NAMESPACE)
    manager.add_hookspecs(hookspecs)
    manager.register(plugin)
    manager.check_pending()
    assert [caller.name for caller in manager.get_hookcallers(plugin) or ()] == [implemented]


@pytest.mark.parametrize("capture", RECORDED, ids=lambda capture: capture.file)
async def test_every_example_copes_with_what_cockpit_sends(capture: captures.Capture) -> None:
    assert capture.event is not None
    event = Event("0", capture.event, "site", capture.body, 0.0)
    match = CATALOGUE.match(event.name)
    assert match is not None
    hook = match.entry.hook
    implementation = example(hook)[STAND_INS.get(hook, hook)]
    context = make_context("example", catalogue=CATALOGUE)
    values = {**CATALOGUE.bind(event.name, event.args), "event": event, "context": context}
    with structlog.testing.capture_logs():
        answer = implementation(**{name: values[name] for name in inspect.signature(implementation).parameters})
        if inspect.isawaitable(answer):
            await answer


def test_the_two_files_are_one() -> None:
    package_file = Path(inspect.getfile(hookspecs))
    root_file = Path(__file__).parents[2] / "hookspecs.py"
    assert package_file.resolve() == root_file.resolve()
