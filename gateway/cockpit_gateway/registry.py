"""The registry: finds plugins by entry point, loads them one by one, and keeps a broken one as data.

pluggy declares, validates and orders the implementations; the gateway calls them itself, one at a time, because a
plain pluggy call stops at the first exception.
"""

from __future__ import annotations

import difflib
import inspect
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy

from cockpit_gateway import hookspecs
from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.config import PluginConfig
from cockpit_gateway.contract import NAMESPACE, declared_event
from cockpit_gateway.errors import RAISED_BY_PLUGINS, PluginError

SYNC_ONLY = frozenset({"filter_event", "plan_deliveries", "register_targets"})
"""Hooks called on the event loop whose result is needed at once."""

GENERAL_HANDLERS = frozenset({"any_event", "unknown_event"})
"""Handlers that stand for no event of their own."""


class PluginStatus(StrEnum):
    """Whether a plugin takes part."""

    LOADED = "loaded"
    BROKEN = "broken"


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
    """A plugin as the registry found it, broken ones included.

    Attributes:
        name: The entry point's name.
        status: Whether it takes part.
        distribution: Name of the installed distribution it comes from, None if it was handed in.
        version: That distribution's version.
        hooks: Names of the hooks it implements, sorted.
        config_model: Its `Config`, None if it declares none.
        problem: Why it is broken: the error, and the plugin's own lines of the traceback.
    """

    name: str
    status: PluginStatus
    distribution: str | None = None
    version: str | None = None
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
    def load(cls, extra: Mapping[str, object] | None = None) -> Registry:
        """Find and load every installed plugin.

        Args:
            extra: Plugins to add by name: modules, objects or classes, as an entry point would name them.

        Returns:
            The registry; look for broken plugins in `plugins`.
        """
        registry = cls()
        for entry_point in sorted(entry_points(group=NAMESPACE), key=lambda found: found.name):
            registry.load_entry_point(entry_point)
        for name, plugin in (extra or {}).items():
            registry.add(name, partial(_given, plugin))
        return registry

    def load_entry_point(self, entry_point: EntryPoint) -> None:
        """Load the plugin that an entry point names; a failure is kept, not raised."""
        distribution = entry_point.dist
        self.add(
            entry_point.name,
            entry_point.load,
            distribution=distribution.name if distribution else None,
            version=distribution.version if distribution else None,
        )

    def add(
        self, name: str, load: Callable[[], object], *, distribution: str | None = None, version: str | None = None
    ) -> None:
        """Load and register one plugin; a failure is kept, not raised.

        Args:
            name: Its name; the first plugin of a name wins, a second one is kept as broken under "name (2)".
            load: Returns the module, object or class; a class is instantiated without arguments.
            distribution: Where it comes from.
            version: That distribution's version.
        """
        unique = _unique(name, self.plugins)
        try:
            hooks, model = self._register(name, load)
        except RAISED_BY_PLUGINS as error:
            self.plugins[unique] = LoadedPlugin(
                unique, PluginStatus.BROKEN, distribution, version, problem=describe_failure(error)
            )
        else:
            self.plugins[name] = LoadedPlugin(name, PluginStatus.LOADED, distribution, version, hooks, model)

    @property
    def broken(self) -> Sequence[LoadedPlugin]:
        """The plugins that could not be loaded."""
        return [plugin for plugin in self.plugins.values() if plugin.status is PluginStatus.BROKEN]

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

    def _register(self, name: str, load: Callable[[], object]) -> tuple[tuple[str, ...], type[PluginConfig] | None]:
        if name in self.plugins:
            raise PluginError(f"another plugin is called {name!r} already; rename one entry point")
        loaded = load()
        plugin = loaded() if inspect.isclass(loaded) else loaded
        model = _config_model(plugin)
        try:
            self._manager.register(plugin, name=name)
            callers = self._manager.get_hookcallers(plugin) or []
            _refuse_misspelt(callers)
            for caller in callers:
                for found in caller.get_hookimpls():
                    if found.plugin is plugin:
                        _refuse_unfit(caller.name, found)
        except Exception as error:
            if self._manager.has_plugin(name):
                self._manager.unregister(name=name)
            if isinstance(error, pluggy.PluginValidationError):
                raise PluginError(_explain_validation(error)) from None
            raise
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


def describe_failure(error: BaseException) -> str:
    """Return an error with the lines of its traceback that are the plugin's own, for the plugin's author."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename != __file__ and "importlib" not in frame.filename and "pluggy" not in frame.filename
    ]
    lines = [f"{type(error).__name__}: {error}" if not isinstance(error, PluginError) else str(error)]
    lines += [f"  {frame.filename}:{frame.lineno} in {frame.name}: {frame.line}" for frame in frames]
    return "\n".join(lines)


def _given(plugin: object) -> object:
    return plugin


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
            return f"{text} (the parameters of {hook} are: {', '.join(declared)})"
    return text


def _hook_names() -> list[str]:
    return [name for name, value in vars(hookspecs).items() if hasattr(value, f"{NAMESPACE}_spec")]


def _nearest(name: str, known: Sequence[str]) -> str:
    nearest = difflib.get_close_matches(name, known, n=1)
    return f", did you mean {nearest[0]!r}?" if nearest else "; hookspecs.py lists them all"
