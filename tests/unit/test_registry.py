from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from types import ModuleType

import pytest

from cockpit_gateway import Event, PluginContext, cockpit_event, hookimpl
from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.config import PluginConfig
from cockpit_gateway.handlers import HandlerTable
from cockpit_gateway.loading import Candidate
from cockpit_gateway.registry import LoadedPlugin, PluginStatus, Registry


def registered(plugin: object) -> LoadedPlugin:
    registry = Registry()
    registry.add_object("p", plugin)
    return registry.plugins["p"]


class Good:
    class Config(PluginConfig):
        colour: str = "red"

    @hookimpl
    def collections_save_after(self, entry: object) -> None: ...

    @hookimpl
    async def any_event(self) -> None: ...


@pytest.mark.parametrize("plugin", [Good, Good()])
def test_a_plugin_is_a_class_or_an_object(plugin: object) -> None:
    found = registered(plugin)
    assert found.status is PluginStatus.LOADED
    assert found.hooks == ("any_event", "collections_save_after")
    assert found.config_model is Good.Config


class Catching:
    @hookimpl
    def collections_save_after(self, **everything: object) -> None: ...


class Starred:
    @hookimpl
    def collections_save_after(self, name: object, *, entry: object) -> None: ...


class WithDefault:
    @hookimpl
    def collections_save_after(self, name: object, entry: object = None) -> None: ...


class WithoutSelf:
    @hookimpl
    def collections_save_after(name: object) -> None: ...  # noqa: N805 - as a beginner writes it


class WithoutAnything:
    @hookimpl
    def collections_save_after() -> None: ...


class DeclaringLate:
    @hookimpl
    async def register_events(self) -> list[object]:
        return []


class OwnDefault:
    @hookimpl
    def collections_save_after(self, name: object, colour: str = "red") -> None: ...


class OnlyDelivering:
    @hookimpl
    def deliver(self) -> None: ...


class NeverPlanning:
    @hookimpl
    def register_targets(self) -> list[object]:
        return []


@pytest.mark.parametrize(
    ("plugin", "problem"),
    [
        (OnlyDelivering, "it implements deliver, but not register_targets and plan_deliveries;"),
        (NeverPlanning, "it implements register_targets, but not plan_deliveries;"),
    ],
)
def test_a_part_of_a_transport_is_refused(plugin: type, problem: str) -> None:
    assert (registered(plugin).problem or "").startswith(problem)


def test_the_subjects_of_an_event_are_several() -> None:
    with pytest.raises(TypeError, match=r"write a tuple: \('orders/\{order\._id\}',\)"):
        cockpit_event("shop.order.paid", subjects="orders/{order._id}")  # type: ignore[arg-type]


class HalfMarked:
    @hookimpl
    def collections_save_after(self) -> None: ...

    def collections_remove_after(self) -> None: ...

    def shutdown(self) -> None: ...


def test_a_hook_that_is_not_marked_is_told() -> None:
    found = registered(HalfMarked)
    assert found.hooks == ("collections_save_after",)
    assert found.warnings == ("collections_remove_after looks like a hook, but is not marked with @hookimpl",)
    assert registered(Good).warnings == ()


@pytest.mark.parametrize(
    ("plugin", "problem"),
    [
        (Catching, "collections_save_after: 'everything' gets nothing; name the parameters"),
        (Starred, "collections_save_after: 'entry' stands behind a `*`"),
        (WithDefault, "collections_save_after: 'entry' has a default, which it would always get; write it without"),
        (WithoutSelf, "collections_save_after is a method without `self`"),
        (WithoutAnything, "collections_save_after is a method without `self`"),
        (DeclaringLate, "register_events is `async def`, but its result is needed at once"),
        (OwnDefault, None),
    ],
)
def test_what_would_silently_do_something_else_is_refused(plugin: type, problem: str | None) -> None:
    found = registered(plugin).problem
    assert found is None if problem is None else (found or "").startswith(problem)


def test_a_plugin_is_a_module() -> None:
    module = ModuleType("my_plugin")
    module.any_event = hookimpl(lambda event: None)  # type: ignore[attr-defined]
    assert registered(module).hooks == ("any_event",)


def test_the_built_in_plugins_are_found_by_entry_point() -> None:
    plugins = Registry.load().plugins
    assert {"redact", "webhook"} <= set(plugins)
    assert plugins["webhook"].distribution == "cockpit-gateway"
    assert plugins["webhook"].status is PluginStatus.LOADED


class MisspeltHook:
    @hookimpl
    def collections_safe_after(self) -> None: ...


class MisspeltParameter:
    @hookimpl
    def collections_save_after(self, entri: object) -> None: ...


class Wrapper:
    @hookimpl(wrapper=True)
    def collections_save_after(self) -> Iterator[None]:
        yield


class OldWrapper:
    @hookimpl(hookwrapper=True)
    def collections_save_after(self) -> Iterator[None]:
        yield


class Generator:
    @hookimpl
    def collections_save_after(self) -> Iterator[None]:
        yield


class AsyncGenerator:
    @hookimpl
    async def collections_save_after(self) -> AsyncIterator[None]:
        yield


class AsyncFilter:
    @hookimpl
    async def filter_event(self) -> None: ...


class ForeignConfig:
    Config = dict


class Raising:
    def __init__(self) -> None:
        raise RuntimeError("cannot reach the moon")


@pytest.mark.parametrize(
    ("plugin", "says"),
    [
        (MisspeltHook, ["there is no hook 'collections_safe_after'", "did you mean 'collections_save_after'?"]),
        (
            MisspeltParameter,
            ["no parameter 'entri', did you mean 'entry'?", "its parameters are: name, entry, is_update, event"],
        ),
        (Wrapper, ["collections_save_after is implemented as a wrapper"]),
        (OldWrapper, ["collections_save_after is implemented as a wrapper"]),
        (Generator, ["wrapper or generator"]),
        (AsyncGenerator, ["async generator"]),
        (AsyncFilter, ["filter_event is `async def`", "write a plain `def`"]),
        (ForeignConfig, ["subclass of cockpit_gateway.config.PluginConfig"]),
        (Raising, ["RuntimeError: cannot reach the moon", __file__]),
    ],
)
def test_a_broken_plugin_is_data_and_says_why(plugin: type, says: list[str]) -> None:
    found = registered(plugin)
    assert found.status is PluginStatus.BROKEN
    assert found.hooks == ()
    for part in says:
        assert part in (found.problem or "")


def test_a_broken_plugin_leaves_nothing_behind_and_harms_no_other() -> None:
    registry = Registry()
    registry.add_object("bad", Wrapper)
    registry.add_object("good", Good)
    assert [found.plugin for found in registry.implementations("collections_save_after")] == ["good"]
    assert [plugin.name for plugin in registry.broken] == ["bad"]


def test_an_import_error_shows_the_authors_line() -> None:
    def load() -> object:
        import no_such_module  # type: ignore[import-not-found]  # noqa: PLC0415

        return no_such_module

    registry = Registry()
    registry.add(Candidate("bad", load))
    assert "ModuleNotFoundError: No module named 'no_such_module'" in (registry.plugins["bad"].problem or "")
    assert "import no_such_module" in (registry.plugins["bad"].problem or "")


def test_the_first_of_two_plugins_of_one_name_wins() -> None:
    registry = Registry()
    registry.add_object("p", Good)
    registry.add_object("p", Good)
    assert registry.plugins["p"].status is PluginStatus.LOADED
    assert "another plugin is called 'p'" in (registry.plugins["p (2)"].problem or "")


def test_implementations_come_in_pluggys_order() -> None:
    class First:
        @hookimpl(tryfirst=True)
        def filter_event(self) -> None: ...

    class Plain:
        @hookimpl
        def filter_event(self) -> None: ...

    registry = Registry()
    registry.add_object("first", First)
    registry.add_object("plain", Plain)
    assert [found.plugin for found in registry.implementations("filter_event")] == ["first", "plain"]


def test_an_implementation_takes_only_what_it_asks_for() -> None:
    class Picky:
        @hookimpl
        def collections_save_after(self, is_update: object) -> object:
            return is_update

    registry = Registry()
    registry.add_object("p", Picky)
    (implementation,) = registry.implementations("collections_save_after")
    assert implementation.parameters == ("is_update",)
    assert implementation.call({"name": "posts", "is_update": True}) is True


@pytest.mark.parametrize(
    ("name", "hooks"),
    [
        ("collections.save.after", ["collections_save_after", "any_event"]),
        ("collections.save.after.a.b", ["collections_save_after", "any_event"]),
        ("collections.remove.after", ["any_event"]),
        ("shop.order.placed", ["any_event"]),
        ("", ["any_event"]),
    ],
)
def test_which_handlers_an_event_calls(name: str, hooks: list[str]) -> None:
    registry = Registry()
    registry.add_object("good", Good)
    table = HandlerTable(registry, Catalogue())
    assert [handler.hook for handler in table.for_event(name)] == hooks


@cockpit_event("shop.order.paid")
def shop_order_paid(order: object, event: Event, context: PluginContext) -> None:
    """An order was paid."""


@cockpit_event("collections.save.after")
def collections_save_after(event: Event) -> None:
    """Not a second time."""


def plain() -> None: ...


class Shop:
    @hookimpl
    def register_events(self) -> list[Callable[..., None]]:
        return [shop_order_paid]


class Till:
    @hookimpl
    def shop_order_paid(self, order: object) -> None: ...


def declaring(returned: object) -> object:
    class Declaring:
        @hookimpl
        def register_events(self) -> object:
            if isinstance(returned, Exception):
                raise returned
            return returned

    return Declaring()


@pytest.mark.parametrize("order", [["shop", "till"], ["till", "shop"]])
def test_a_plugin_handles_the_events_of_another(order: list[str]) -> None:
    plugins = {"shop": Shop(), "till": Till()}
    registry = Registry.load(extra={name: plugins[name] for name in order})
    assert not registry.broken
    catalogue = Catalogue(declared=registry.declared.values())
    match = catalogue.match("shop.order.paid")
    assert match is not None
    assert (match.entry.hook, match.entry.plugin, match.entry.parameters) == ("shop_order_paid", "shop", ("order",))
    assert [handler.plugin for handler in HandlerTable(registry, catalogue).for_event("shop.order.paid")] == ["till"]
    assert [handler.plugin for handler in registry.handlers()] == ["till"]


@pytest.mark.parametrize(
    ("returned", "says"),
    [
        ([plain], "marked with @cockpit_event, not <function plain"),
        (["shop.order.paid"], "marked with @cockpit_event, not 'shop.order.paid'"),
        (None, "marked with @cockpit_event, not None"),
        ([collections_save_after], "there is a hook 'collections_save_after' already"),
        (RuntimeError("no paint"), "RuntimeError: no paint"),
    ],
)
def test_a_declaration_that_is_wrong_is_told(returned: object, says: str) -> None:
    registry = Registry.load(extra={"p": declaring(returned), "good": Good()})
    assert says in (registry.plugins["p"].problem or "")
    assert registry.plugins["good"].status is PluginStatus.LOADED


def test_a_parameter_that_a_declared_event_does_not_have() -> None:
    class Mistaken:
        @hookimpl
        def shop_order_paid(self, ordre: object) -> None: ...

    registry = Registry.load(extra={"till": Mistaken(), "shop": Shop()})
    assert "shop_order_paid has no parameter 'ordre', did you mean 'order'?" in (registry.plugins["till"].problem or "")


def test_two_plugins_cannot_declare_one_event() -> None:
    registry = Registry.load(extra={"first": Shop(), "second": Shop()})
    assert [plugin.name for plugin in registry.broken] == ["second"]


def test_settings_called_handlers_are_the_gateways() -> None:
    class Clashing(Good):
        class Config(PluginConfig):
            handlers: int = 3

    assert "field 'handlers', which is the gateway's own" in (registered(Clashing).problem or "")
