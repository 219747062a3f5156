"""docs/reference/hooks.md, from hookspecs.py."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from cockpit_gateway import hookspecs
from cockpit_gateway.contract import NAMESPACE, CockpitEvent, declared_event
from generators.markdown import code, document, listed, plain, table

SECTIONS = ("Args", "Returns", "Raises", "Source", "Example")
SECTION = re.compile(rf"^({'|'.join(SECTIONS)}):[ \n]?", re.MULTILINE)
PARAMETER = re.compile(r"^(\w[\w.]*): (.+(?:\n .+)*)", re.MULTILINE)
LONGEST_SIGNATURE = 110


class Hook(NamedTuple):
    """A hookspec, with the heading that it stands under."""

    group: str
    name: str
    function: Callable[..., Any]


def page() -> str:
    """Return the page."""
    hooks = list(_hooks())
    parts = [inspect.getdoc(hookspecs) or "", _contents(hooks)]
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
    yield f"Source: {_flow(doc['Source'])}" if doc["Source"] else ""


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
