"""docs/reference/hooks.md, from hookspecs.py."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from cockpit_gateway import hookspecs
from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.contract import NAMESPACE, CockpitEvent, declared_event, introduced_in
from cockpit_gateway.testing.captures import all_captures, capture_of
from generators.markdown import code, document, listed, plain, table

SECTIONS = ("Args", "Returns", "Raises", "Source", "Example")
SECTION = re.compile(rf"^({'|'.join(SECTIONS)}):[ \n]?", re.MULTILINE)
PARAMETER = re.compile(r"^(\w[\w.]*): (.+(?:\n .+)*)", re.MULTILINE)
LONGEST_SIGNATURE = 110

LONGEST_TEXT = 60
MOST_ITEMS = 3
MOST_KEYS = 12

CATALOGUE = Catalogue()

RECORDED = """\
The arguments that are shown are recordings of a real Cockpit, before any filter: "…" stands for the rest of a long
text, list or object. [The test kit](../how-to/test-a-plugin.md) fires events with all of them."""


class Hook(NamedTuple):
    """A hookspec, with the heading that it stands under."""

    group: str
    name: str
    function: Callable[..., Any]


def page() -> str:
    """Return the page."""
    hooks = list(_hooks())
    parts = [inspect.getdoc(hookspecs) or "", RECORDED, _contents(hooks)]
    group = ""
    for hook in hooks:
        if hook.group != group:
            group = hook.group
            parts.append(f"## {group}")
        parts += _section(hook)
    return document("Hooks", *parts)


def _hooks() -> Iterator[Hook]:
    """Yield the hookspecs in the order of the file."""
    lines = inspect.getsource(hookspecs).splitlines()
    headings = {number: line.removeprefix("# ") for number, line in enumerate(lines, 1) if line.startswith("# ")}
    for name, function in vars(hookspecs).items():
        if hasattr(function, f"{NAMESPACE}_spec"):
            above = max(number for number in headings if number < function.__code__.co_firstlineno)
            yield Hook(headings[above], name, function)


def _contents(hooks: list[Hook]) -> str:
    rows = []
    for hook in hooks:
        event = declared_event(hook.function)
        summary = _parse(hook.function)["summary"]
        rows.append([f"[`{hook.name}`](#{hook.name})", f"`{event.name}`" if event else "", plain(summary)])
    return table(["hook", "event", "when"], rows)


def _section(hook: Hook) -> Iterator[str]:
    doc = _parse(hook.function)
    yield f"### `{hook.name}`"
    yield plain(doc["summary"])
    event = declared_event(hook.function)
    if event is not None:
        yield _about(event)
    yield plain(doc["text"])
    yield code(_signature(hook), "python")
    yield table(["argument", "meaning"], _parameters(doc["Args"]))
    for title in ("Returns", "Raises"):
        yield f"**{title}** {_flow(doc[title])}" if doc[title] else ""
    yield code(re.sub(r"^(>>>|\.\.\.) ?", "", doc["Example"], flags=re.MULTILINE), "python")
    if event is not None and not event.own:
        yield from _captured(event)
    yield f"Source: {_flow(doc['Source'])}" if doc["Source"] else ""
    yield f"In the gateway since {introduced_in(hook.function)}."


def _captured(event: CockpitEvent) -> Iterator[str]:
    """Yield what a real Cockpit sent."""
    found = capture_of(event.name, CATALOGUE)
    if found is not None:
        name = "" if found.event == event.name else f" with `{found.event}`"
        yield f"`event.args`, as Cockpit {found.cockpit} sent them{name}:"
        yield code(json.dumps(shortened(found.args), indent=2, ensure_ascii=False), "json")
    elif event.fires:
        yield _without_arguments(event)


def _without_arguments(event: CockpitEvent) -> str:
    seen = [found for found in all_captures() if found.event and _is(found.event, event)]
    if any(found.body for found in seen):
        return "It has no arguments."
    return "Cockpit sends it with an empty body." if seen else "Cockpit was not seen to send it."


def _is(name: str, event: CockpitEvent) -> bool:
    match = CATALOGUE.match(name)
    return match is not None and match.entry.event is event


def shortened(value: Any) -> Any:
    """Return JSON with its long texts cut, and its lists and objects cut after a few items; "…" says where."""
    if isinstance(value, str):
        return value if len(value) <= LONGEST_TEXT else f"{value[:LONGEST_TEXT]}…"
    if isinstance(value, list):
        return [*map(shortened, value[:MOST_ITEMS]), *(["…"] if len(value) > MOST_ITEMS else [])]
    if isinstance(value, dict):
        kept = {name: shortened(inner) for name, inner in list(value.items())[:MOST_KEYS]}
        return kept | ({"…": "…"} if len(value) > MOST_KEYS else {})
    return value


def _about(event: CockpitEvent) -> str:
    facts = [f"Event `{event.name}`" + (", also per name" if event.per_name else "")]
    if event.own:
        facts.append("the gateway's own")
    if event.noise:
        facts.append("noise" if event.fires else "never arrives")
    if event.subjects:
        facts.append(f"subjects {listed(event.subjects, 'and')}")
    return "; ".join(facts) + "."


def _signature(hook: Hook) -> str:
    signature = inspect.signature(hook.function)
    parameters = [f"{name}: {parameter.annotation}" for name, parameter in signature.parameters.items()]
    line = f"def {hook.name}({', '.join(parameters)}) -> {signature.return_annotation}"
    if len(line) <= LONGEST_SIGNATURE:
        return line
    inside = "".join(f"    {parameter},\n" for parameter in parameters)
    return f"def {hook.name}(\n{inside}) -> {signature.return_annotation}"


def _parse(function: Callable[..., Any]) -> dict[str, str]:
    """Return a docstring's parts: its summary, its text, and its sections."""
    before, *sections = SECTION.split(inspect.getdoc(function) or "")
    summary, _, text = before.partition("\n")
    parts = dict.fromkeys(SECTIONS, "")
    titles = iter(sections)
    parts |= {title: inspect.cleandoc(content) for title, content in zip(titles, titles, strict=True)}
    return parts | {"summary": summary, "text": text.strip()}


def _parameters(args: str) -> list[list[str]]:
    return [[f"`{name}`", _flow(meaning)] for name, meaning in PARAMETER.findall(args)]


def _flow(text: str) -> str:
    return plain(" ".join(text.split()))
