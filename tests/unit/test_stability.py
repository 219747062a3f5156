"""What the stability promise says: hooks and parameters stay, and what is going away says so long before."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest

from cockpit_gateway import Event, PluginContext, cockpit_event, hookimpl, hookspecs
from cockpit_gateway.contract import FIRST_RELEASE, NAMESPACE, HookDeprecationWarning, introduced_in, since
from cockpit_gateway.registry import PluginStatus, Registry

RELEASED = Path(__file__).parents[1] / "data" / "hooks"
"""Each file has the hooks that its release added, with their parameters."""

SPECS = {name: value for name, value in vars(hookspecs).items() if hasattr(value, f"{NAMESPACE}_spec")}


def released() -> list[tuple[str, str, list[str]]]:
    """Return what every release has promised: a hook, the release, the hook's parameters."""
    lines = [(file.stem, line) for file in sorted(RELEASED.glob("*.txt")) for line in file.read_text().splitlines()]
    return [(line.split()[0], version, line.split()[1:]) for version, line in lines]


@pytest.mark.parametrize(("hook", "version", "parameters"), released(), ids=lambda value: str(value)[:40])
def test_what_was_released_is_still_there(hook: str, version: str, parameters: list[str]) -> None:
    assert introduced_in(SPECS[hook]) == version
    assert [name for name in inspect.signature(SPECS[hook]).parameters if name in parameters] == parameters


def test_every_hook_is_listed_with_its_release() -> None:
    assert sorted(hook for hook, *_ in released()) == sorted(SPECS)
    assert FIRST_RELEASE in {version for _, version, _ in released()}


@since("0.2")
@cockpit_event("shop.sold", deprecated=HookDeprecationWarning("`shop_sold`", since="0.3", instead="use `shop_paid`"))
def shop_sold(order: Any, event: Event, context: PluginContext) -> None:
    """Something was sold."""


GOING = HookDeprecationWarning("The parameter `total`", since="1.9", instead="use `order`")


@cockpit_event("shop.paid", deprecated_parameters={"total": GOING})
def shop_paid(order: Any, total: Any, event: Event, context: PluginContext) -> None:
    """Something was paid."""


class Shop:
    @hookimpl
    def register_events(self) -> list[Any]:
        return [shop_sold, shop_paid]


class Old:
    @hookimpl
    def shop_sold(self, order: Any) -> None: ...

    @hookimpl
    def shop_paid(self, total: Any) -> None: ...


class New:
    @hookimpl
    def shop_paid(self, order: Any) -> None: ...


def test_whoever_uses_what_goes_away_is_told_where_and_what_to_do() -> None:
    registry = Registry()
    for name, plugin in (("shop", Shop), ("old", Old), ("new", New)):
        registry.add_object(name, plugin)
    assert {found.status for found in registry.plugins.values()} == {PluginStatus.LOADED}
    told = sorted(registry.plugins["old"].warnings)
    assert [text.partition(" (")[0] for text in told] == [
        "The parameter `total` is deprecated since 1.9 and goes away with 1.11: use `order`",
        "`shop_sold` is deprecated since 0.3 and goes away with 0.5: use `shop_paid`",
    ]
    assert all(f"({__file__}:" in text for text in told)
    assert registry.plugins["new"].warnings == registry.plugins["shop"].warnings == ()
    assert introduced_in(shop_sold) == "0.2"
