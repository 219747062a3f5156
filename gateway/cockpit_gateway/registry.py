"""The registry: loads plugins one by one, and keeps a broken one as data.

pluggy declares, validates and orders the implementations; the gateway calls them itself, one at a time, because a
plain pluggy call stops at the first exception.
"""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pluggy

from cockpit_gateway import hookspecs
from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.config import PluginConfig
from cockpit_gateway.contract import NAMESPACE, declared_event
from cockpit_gateway.errors import RAISED_BY_PLUGINS, PluginError
from cockpit_gateway.loading import Candidate, PluginSources, describe_failure, find_plugins, load_in_time

SYNC_ONLY = frozenset({"filter_event", "plan_deliveries", "register_targets"})
"""Hooks called on the event loop whose result is needed at once."""

GENERAL_HANDLERS = frozenset({"any_event", "unknown_event"})
"""Handlers that stand for no event of their own."""


class PluginStatus(StrEnum):
    """Whether a plugin takes part."""

    LOADED = "loaded"
    BROKEN = "broken"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Implementation:
    """One plugin's implementation of one hook.

    Attributes:
        plugin: The plugin's name.
        hook: The hook's name.
        function: The bound function.
        parameters: The parameters it takes, by name.
        is_async: True for `async def`.
    """

    plugin: str
    hook: str
    function: Callable[..., Any]
    parameters: tuple[str, ...]
    is_async: bool

    def call(self, values: Mapping[str, object]) -> Any:
        """Call it with those of the values that it takes."""
        return self.function(*[values[name] for name in self.parameters])


@dataclass(frozen=True, slots=True)
class LoadedPlugin:
    """A plugin as the registry found it, broken and disabled ones included.

    Attributes:
        name: Its name: the entry point's, the file's, or as the configuration calls it.
        status: Whether it takes part.
        distribution: Name of the installed distribution it comes from, None if it was handed in.
        version: That distribution's version.
        place: The file or module that it comes from, None if it is installed.
        hooks: Names of the hooks it implements, sorted.
        config_model: Its `Config`, None if it declares none.
        problem: Why it is broken: the error, and the plugin's own lines of the traceback.
    """

    name: str
    status: PluginStatus
    distribution: str | None = None
    version: str | None = None
    place: str | None = None
    hooks: tuple[str, ...] = ()
    config_model: type[PluginConfig] | None = None
    problem: str | None = None


class Registry:
    """The plugins of one gateway."""

    def __init__(self) -> None:
        self.plugins: dict[str, LoadedPlugin] = {}
        self._manager = pluggy.PluginManager(NAMESPACE)
        self._manager.add_hookspecs(hookspecs)

    @classmethod
    def load(cls, sources: PluginSources | None = None, extra: Mapping[str, object] | None = None) -> Registry:
        """Find and load every plugin that is not disabled.

        Args:
            sources: Where to look; None for what is installed.
            extra: Plugins to add by name: modules, objects or classes, as an entry point would name them.

        Returns:
            The registry; look for broken plugins in `plugins`.

        Raises:
            PluginError: a place to look at does not exist.
        """
        registry = cls()
        looked_at = sources or PluginSources()
        for candidate in find_plugins(looked_at):
            registry.add(candidate, disabled=looked_at.is_disabled(candidate))
        for name, plugin in (extra or {}).items():
            registry.add_object(name, plugin)
        return registry

    def add_object(self, name: str, plugin: object) -> None:
        """Register a module, object or class that is there already; see `add`."""
        self.add(Candidate(name, lambda: plugin))

    def add(self, candidate: Candidate, *, disabled: bool = False) -> None:
        """Load and register one plugin; a failure is kept, not raised.

        Args:
            candidate: The plugin; a class is instantiated without arguments. The first plugin of a name wins, a second
                one is kept as broken under "name (2)".
            disabled: True to keep it as disabled, and not to import it.
        """
        unique = _unique(candidate.name, self.plugins)
        origin = (candidate.distribution, candidate.version, candidate.place)
        if disabled:
            self.plugins[unique] = LoadedPlugin(unique, PluginStatus.DISABLED, *origin)
            return
        try:
            hooks, model = self._register(candidate)
        except RAISED_BY_PLUGINS as error:
            problem = describe_failure(error)
            self.plugins[unique] = LoadedPlugin(unique, PluginStatus.BROKEN, *origin, problem=problem)
        else:
            self.plugins[unique] = LoadedPlugin(unique, PluginStatus.LOADED, *origin, hooks, model)

    @property
    def broken(self) -> Sequence[LoadedPlugin]:
        """The plugins that could not be loaded."""
        return [plugin for plugin in self.plugins.values() if plugin.status is PluginStatus.BROKEN]

    @property
    def disabled(self) -> frozenset[str]:
        """The names of the plugins that are not imported."""
        return frozenset(name for name, plugin in self.plugins.items() if plugin.status is PluginStatus.DISABLED)

    def config_models(self) -> dict[str, type[PluginConfig] | None]:
        """Return the `Config` model of each loaded plugin, None where it has none."""
        return {
            plugin.name: plugin.config_model for plugin in self.plugins.values() if plugin.status is PluginStatus.LOADED
        }

    def implementations(self, hook: str) -> Sequence[Implementation]:
        """Return the implementations of a hook in pluggy's call order (tryfirst, then last registered first)."""
        caller: pluggy.HookCaller = getattr(self._manager.hook, hook)
        return [_implementation(hook, found) for found in reversed(caller.get_hookimpls())]

    def implementation(self, plugin: str, hook: str) -> Implementation | None:
        """Return one plugin's implementation of a hook, None if it has none."""
        return next((found for found in self.implementations(hook) if found.plugin == plugin), None)

    def handlers(self) -> Sequence[Implementation]:
        """Return every event handler of every plugin."""
        hooks = sorted({hook for plugin in self.plugins.values() for hook in plugin.hooks})
        return [found for hook in hooks if is_handler(hook) for found in self.implementations(hook)]

    def _register(self, candidate: Candidate) -> tuple[tuple[str, ...], type[PluginConfig] | None]:
        name = candidate.name
        if name in self.plugins:
            raise PluginError(f"another plugin is called {name!r} already; rename one of them")
        loaded = load_in_time(candidate)
        plugin = loaded() if inspect.isclass(loaded) else loaded
        model = _config_model(plugin)
        try:
            self._manager.register(plugin, name=name)
            callers = self._manager.get_hookcallers(plugin) or []
            _refuse_misspelt(callers)
            for caller, found in _implementations_of(plugin, callers):
                _refuse_unfit(caller.name, found)
        except Exception as error:
            if self._manager.has_plugin(name):
                self._manager.unregister(name=name)
            if isinstance(error, pluggy.PluginValidationError):
                raise PluginError(_explain_validation(error)) from None
            raise
        if not callers:
            raise PluginError(_explain_nothing(plugin))
        return tuple(sorted(caller.name for caller in callers)), model


class HandlerTable:
    """Which handlers an event's name calls; answers are remembered per hook."""

    def __init__(self, registry: Registry, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._by_hook: dict[str, tuple[Implementation, ...]] = {}
        for handler in registry.handlers():
            self._by_hook[handler.hook] = (*self._by_hook.get(handler.hook, ()), handler)
        self._any = self._by_hook.get("any_event", ())
        self._unknown = self._by_hook.get("unknown_event", ()) + self._any
        self._answers = {hook: found + self._any for hook, found in self._by_hook.items()}

    def for_event(self, name: str) -> tuple[Implementation, ...]:
        """Return the handlers for an event name; "" stands for an undecodable event."""
        if not name:
            return self._any
        match = self._catalogue.match(name)
        return self._unknown if match is None else self._answers.get(match.entry.hook, self._any)

    def names_hook_of(self, name: str) -> bool:
        """Tell whether a handler implements the very hook of this event (`any_event` does not count)."""
        match = self._catalogue.match(name)
        return match is not None and match.entry.hook in self._by_hook


def is_handler(hook: str) -> bool:
    """Tell whether a hook is called for events, as a delivery each."""
    return hook in GENERAL_HANDLERS or declared_event(getattr(hookspecs, hook)) is not None


def _unique(name: str, taken: Iterable[str]) -> str:
    names = set(taken)
    candidates = (name, *(f"{name} ({number})" for number in range(2, len(names) + 3)))
    return next(candidate for candidate in candidates if candidate not in names)


def _config_model(plugin: object) -> type[PluginConfig] | None:
    model = getattr(plugin, "Config", None)
    if model is None:
        return None
    if not (inspect.isclass(model) and issubclass(model, PluginConfig)):
        raise PluginError("its Config must be a subclass of cockpit_gateway.config.PluginConfig")
    return model


def _implementation(hook: str, found: pluggy.HookImpl) -> Implementation:
    return Implementation(
        found.plugin_name, hook, found.function, tuple(found.argnames), inspect.iscoroutinefunction(found.function)
    )


def _implementations_of(
    plugin: object, callers: Iterable[pluggy.HookCaller]
) -> Iterator[tuple[pluggy.HookCaller, pluggy.HookImpl]]:
    for caller in callers:
        for found in caller.get_hookimpls():
            if found.plugin is plugin:
                yield caller, found


def _refuse_misspelt(callers: Iterable[pluggy.HookCaller]) -> None:
    for caller in callers:
        if not caller.has_spec() and not all(found.optionalhook for found in caller.get_hookimpls()):
            raise PluginError(f"there is no hook {caller.name!r}{_nearest(caller.name, _hook_names())}")


def _refuse_unfit(hook: str, found: pluggy.HookImpl) -> None:
    function = found.function
    if found.wrapper or found.hookwrapper or inspect.isgeneratorfunction(function):
        raise PluginError(
            f"{hook} is implemented as a wrapper or generator: the gateway calls implementations one by one, "
            "so that it would silently do nothing; write a plain `def` or `async def`"
        )
    if inspect.isasyncgenfunction(function):
        raise PluginError(f"{hook} is an async generator, which is never run to its end; write a plain `async def`")
    if hook in SYNC_ONLY and inspect.iscoroutinefunction(function):
        raise PluginError(f"{hook} is `async def`, but its result is needed at once; write a plain `def`")


def _explain_validation(error: pluggy.PluginValidationError) -> str:
    text = " ".join(str(error).split())
    for hook in _hook_names():
        if f"hook {hook!r}" in text:
            declared = tuple(inspect.signature(getattr(hookspecs, hook)).parameters)
            unknown = re.findall(r"'(\w+)'", text.partition("{")[2].partition("}")[0])
            meant = [f"{name!r}{_nearest(name, declared, otherwise='')}" for name in unknown]
            what = f"{hook} has no parameter {', '.join(meant)}" if meant else text
            return f"{what}; its parameters are: {', '.join(declared)}"
    return text


def _explain_nothing(plugin: object) -> str:
    """Return why a plugin implements no hook: most likely it was forgotten to mark what does."""
    names = [name for name in dir(plugin) if not name.startswith("_") and callable(getattr(plugin, name, None))]
    alike = next((name for name in names if name in _hook_names()), None)
    forgotten = f": {alike} looks like one, but is not marked" if alike else ""
    return f"it implements no hook{forgotten}; mark functions with @hookimpl from cockpit_gateway"


def _hook_names() -> list[str]:
    return [name for name, value in vars(hookspecs).items() if hasattr(value, f"{NAMESPACE}_spec")]


def _nearest(name: str, known: Sequence[str], otherwise: str = "; hookspecs.py lists them all") -> str:
    nearest = difflib.get_close_matches(name, known, n=1)
    return f", did you mean {nearest[0]!r}?" if nearest else otherwise
