"""That the examples which no recording reaches run, as the reference shows them, called by the registry."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from documents import Page
from typer import Typer
from typer.testing import CliRunner

import cockpit_gateway
from cockpit_gateway import Attempt, Delivery, DeliveryState, Drop, Event, Outcome, Planned, PluginContext, Target
from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.registry import Registry
from cockpit_gateway.testing import make_context, make_event
from cockpit_gateway.testing.captures import all_captures

NEVER_CALLED = {"cockpit_rest_authenticate", "cockpit_rest_erroronrequest", "shutdown"}
"""Hooks of events that never arrive: their examples implement another's, which is called with recordings."""

URL = "https://search.example.org/"
DELIVERY = Delivery("d", "e", 1, "example", "broker", None, DeliveryState.DEAD, 1, 0.0, 0.0, reason="gave up")

VALUES: dict[str, Sequence[object]] = {
    "gateway_target_failing": ["webhook", "search", 25, "no connection"],
    "gateway_target_disabled": ["webhook", "search", "410"],
    "gateway_target_looping": ["webhook", "search", "collections/posts/1", 20],
}
"""What the gateway's own events have as arguments."""

SECTIONS: dict[str, str] = {
    found.group(1): found.group(2)
    for found in re.finditer(
        r"^### `(\w+)`\n(.*?)(?=^##|\Z)", Page(Path("docs/reference/hooks.md")).text, re.MULTILINE | re.DOTALL
    )
}


def own_hooks() -> list[str]:
    """Return the hooks that no recording of Cockpit calls."""
    catalogue = Catalogue()
    matches = [catalogue.match(capture.event) for capture in all_captures() if capture.event]
    recorded = {match.entry.hook for match in matches if match is not None}
    return [hook for hook in SECTIONS if hook not in recorded | NEVER_CALLED]


def typed(hook: str) -> dict[str, Any]:
    """Return what the page's example of a hook defines, beside the public names of the package."""
    _, example = re.findall(r"^```python\n(.*?)^```$", SECTIONS[hook], re.MULTILINE | re.DOTALL)
    names = {name: getattr(cockpit_gateway, name) for name in cockpit_gateway.__all__}
    exec(compile(example, f"<example of {hook}>", "exec", dont_inherit=True), names)
    return names


def values_of(hook: str, event: Event, context: PluginContext) -> Mapping[str, object]:
    """Return whatever a hook may take."""
    attempt = Attempt(1, 0.0, 0.1, Outcome.REJECTED, "no connection")
    given = {"event": event, "events": (event,), "context": context, "delivery": DELIVERY, "attempt": attempt}
    own = VALUES.get(hook, ())
    return given | (dict(Catalogue().bind(event.name, list(own))) if own else {})


async def called(hook: str, event: Event, context: PluginContext) -> Any:
    """Register the example of a hook, and return what the registry's call of it gives."""
    registry = Registry()
    plugin = SimpleNamespace(**{hook: typed(hook)[hook]}, **_rest_of_a_transport(hook))
    registry.add_object("example", plugin)
    assert registry.plugins["example"].problem is None
    found = registry.implementation("example", hook)
    assert found is not None
    answer = found.call(values_of(hook, event, context))
    return await answer if inspect.isawaitable(answer) else answer


def _rest_of_a_transport(hook: str) -> dict[str, Callable[..., Any]]:
    parts = ("register_targets", "plan_deliveries", "deliver")
    is_part = hook in (*parts, "explain_deliveries")
    return {part: typed(part)[part] for part in parts if part != hook} if is_part else {}


def event_for(hook: str) -> Event:
    """Return an event that the example of a hook is about."""
    if hook in VALUES:
        return make_event(hook.replace("_", "."), *VALUES[hook])
    return make_event("collections.save.after")


@pytest.mark.parametrize("hook", own_hooks())
async def test_the_example_runs(hook: str) -> None:
    with structlog.testing.capture_logs():
        await called(hook, event_for(hook), make_context("example", SimpleNamespace(url=URL)))


async def test_the_examples_do_what_they_are_for() -> None:
    context, event = make_context("example", SimpleNamespace(url=URL)), make_event("collections.save.after")
    targets = await called("register_targets", event, context)
    assert [type(target) for target in targets] == [Target]
    assert await called("plan_deliveries", event, context) == [Planned(targets[0].name)]
    told = await called("explain_deliveries", event, context)
    assert [(item.target, item.planned) for item in told] == [(targets[0].name, True)]
    with pytest.raises(Drop):
        await called("filter_event", make_event("collections.save.after", "drafts"), context)
    assert [found.__name__ for found in await called("register_events", event, context)] == ["shop_order_paid"]


async def test_the_example_of_a_route_answers() -> None:
    context = make_context("example")
    await context.storage.set("cursor", 7)
    [route] = await called("register_routes", make_event("cockpit.clearcache"), context)
    answer = await route.handler(None)
    assert (route.path, answer.text) == ("/status", '{"cursor": 7}')


async def test_the_example_of_a_command_runs() -> None:
    app = await called(
        "register_commands", make_event("cockpit.clearcache"), make_context("x", SimpleNamespace(url=URL))
    )
    assert isinstance(app, Typer)
    assert CliRunner().invoke(app, ["posts"]).output == f"indexing posts at {URL}\n"
