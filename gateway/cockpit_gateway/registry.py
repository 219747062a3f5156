"""The registry: loads plugins one by one, and keeps a broken one as data.

pluggy declares, validates and orders the implementations; the gateway calls them itself, one at a time, because a
plain pluggy call stops at the first exception.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import FunctionType
from typing import Any, NamedTuple, TypeVar

import pluggy

from cockpit_gateway import hookspecs
from cockpit_gateway.config import PluginConfig, with_handlers
from cockpit_gateway.contract import NAMESPACE, declared_event
from cockpit_gateway.errors import RAISED_BY_PLUGINS, PluginError
from cockpit_gateway.fitting import (
    config_model,
    explain_parameters,
    forgotten_marks,
    nearest_hook,
    refuse_async,
    refuse_incomplete,
    refuse_unfit,
)
from cockpit_gateway.loading import Candidate, PluginSources, describe_failure, find_plugins, load_in_time
from cockpit_gateway.tracing import HookTrace

_Result = TypeVar("_Result")

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
        trace: Tells of its calls.
    """

    plugin: str
    hook: str
    function: Callable[..., Any]
    parameters: tuple[str, ...]
    is_async: bool
    trace: HookTrace

    def call(self, values: Mapping[str, object]) -> Any:
        """Call it with those of the values that it takes."""
        return self.trace.call(self, values)


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
        section: The model of its section: its `Config`, with the settings of its handlers if it has any.
        problem: Why it is broken: the error, and the plugin's own lines of the traceback.
        warnings: What of it does not work, or will not with a later version of the gateway.
    """

    name: str
    status: PluginStatus
    distribution: str | None = None
    version: str | None = None
    place: str | None = None
    hooks: tuple[str, ...] = ()
    config_model: type[PluginConfig] | None = None
    section: type[PluginConfig] | None = None
    problem: str | None = None
    warnings: tuple[str, ...] = ()


class Loaded(NamedTuple):
    """A plugin's code.

    Attributes:
        plugin: The module or object that is registered.
        make: The class that it was made by, None if it was there already.
    """

    plugin: object
    make: Callable[[], object] | None


class DeclaredEvent(NamedTuple):
    """An event that a plugin declares.

    Attributes:
        plugin: The plugin's name.
        function: The hook's specification.
    """

    plugin: str
    function: Callable[..., Any]


class Registry:
    """The plugins of one gateway."""

    def __init__(self) -> None:
        self.plugins: dict[str, LoadedPlugin] = {}
        self.declared: dict[str, DeclaredEvent] = {}
        """The events that plugins declare, by hook."""
        self.trace = HookTrace()
        """Tells of the calls of their hooks."""
        self._loaded: dict[str, Loaded] = {}
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
        enabled: list[Candidate] = []
        for candidate in find_plugins(looked_at):
            if looked_at.is_disabled(candidate):
                registry._keep(candidate, PluginStatus.DISABLED)
            else:
                enabled.append(candidate)
        registry.add(*enabled, *(_given(name, plugin) for name, plugin in (extra or {}).items()))
        return registry

    def hooks(self) -> Iterator[tuple[str, str]]:
        """Yield each loaded plugin's name with each of its hooks."""
        for plugin in self.plugins.values():
            if plugin.status is PluginStatus.LOADED:
                yield from ((plugin.name, hook) for hook in plugin.hooks)

    def add_object(self, name: str, plugin: object) -> None:
        """Register a module, object or class that is there already; see `add`."""
        self.add(_given(name, plugin))

    def add(self, *candidates: Candidate) -> None:
        """Load and register plugins; a failure is kept, not raised.

        The events that they declare are known before any of their handlers is looked at.

        Args:
            candidates: The plugins; a class is instantiated without arguments. The first plugin of a name wins, a
                second one is kept as broken under "name (2)".
        """
        imported = [(candidate, self._tried(candidate, _import, candidate)) for candidate in candidates]
        declaring = [(candidate, loaded) for candidate, loaded in imported if loaded is not None]
        sound = [pair for pair in declaring if self._tried(pair[0], self._declare, *pair)]
        for candidate, loaded in sound:
            self._tried(candidate, self._register, candidate, loaded)

    def renewed(self, names: Collection[str]) -> Registry:
        """Return a registry in which some plugins are new objects of their classes, if they are made by one.

        Args:
            names: Those plugins; the others are the same.

        Raises:
            PluginError: one of them cannot be made.
        """
        other = Registry()
        other.plugins, other.declared, other.trace = self.plugins, self.declared, self.trace
        if declared := {hook: event.function for hook, event in self.declared.items()}:
            other._manager.add_hookspecs(type("Declared", (), declared))
        for name, loaded in self._loaded.items():
            plugin = loaded.plugin
            if name in names and loaded.make is not None:
                try:
                    plugin = loaded.make()
                except RAISED_BY_PLUGINS as error:
                    raise PluginError(f"plugin {name} cannot be made anew: {describe_failure(error)}") from error
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it has been told at the start
                other._manager.register(plugin, name=name)
            other._loaded[name] = Loaded(plugin, loaded.make)
        return other

    def takes_settings(self, name: str) -> bool:
        """Tell whether a plugin can be given other settings while it is at work.

        One that is made by a class is made anew. A module or an object can do without as long as nothing of it is tied
        to the settings that it was started with.
        """
        tying = {"register_routes"}
        if self._loaded[name].make is None:
            tying |= {"register_targets", "gateway_started", "gateway_stopping"}
        return tying.isdisjoint(self.plugins[name].hooks)

    def specification(self, hook: str) -> Callable[..., Any] | None:
        """Return a hook's specification: Cockpit's, the gateway's own, or one that a plugin declares."""
        declared = self.declared.get(hook)
        found: Callable[..., Any] | None = declared.function if declared else getattr(hookspecs, hook, None)
        return found

    @property
    def broken(self) -> Sequence[LoadedPlugin]:
        """The plugins that could not be loaded."""
        return [plugin for plugin in self.plugins.values() if plugin.status is PluginStatus.BROKEN]

    @property
    def disabled(self) -> frozenset[str]:
        """The names of the plugins that are not imported."""
        return frozenset(name for name, plugin in self.plugins.items() if plugin.status is PluginStatus.DISABLED)

    def config_models(self) -> dict[str, type[PluginConfig] | None]:
        """Return the model of each loaded plugin's section, None where it has none."""
        return {plugin.name: plugin.section for plugin in self.plugins.values() if plugin.status is PluginStatus.LOADED}

    def implementations(self, hook: str) -> Sequence[Implementation]:
        """Return the implementations of a hook in pluggy's call order (tryfirst, then last registered first)."""
        caller: pluggy.HookCaller = getattr(self._manager.hook, hook)
        return [_implementation(hook, found, self.trace) for found in reversed(caller.get_hookimpls())]

    def implementation(self, plugin: str, hook: str) -> Implementation | None:
        """Return one plugin's implementation of a hook, None if it has none."""
        return next((found for found in self.implementations(hook) if found.plugin == plugin), None)

    def handlers(self) -> Sequence[Implementation]:
        """Return every event handler of every plugin."""
        hooks = sorted({hook for plugin in self.plugins.values() for hook in plugin.hooks})
        return [found for hook in hooks if self._is_handler(hook) for found in self.implementations(hook)]

    def _is_handler(self, hook: str) -> bool:
        """Tell whether a hook is called for events, as a delivery each."""
        specification = self.specification(hook)
        return hook in GENERAL_HANDLERS or (specification is not None and declared_event(specification) is not None)

    def _tried(self, candidate: Candidate, step: Callable[..., _Result], *arguments: object) -> _Result | None:
        """Do something for a plugin; if that fails, it is broken."""
        try:
            return step(*arguments)
        except RAISED_BY_PLUGINS as error:
            self._keep(candidate, PluginStatus.BROKEN, problem=describe_failure(error))
            return None

    def _keep(self, candidate: Candidate, status: PluginStatus, **found: Any) -> None:
        name = _unique(candidate.name, self.plugins)
        origin = (candidate.distribution, candidate.version, candidate.place)
        self.plugins[name] = LoadedPlugin(name, status, *origin, **found)

    def _declare(self, candidate: Candidate, loaded: Loaded) -> bool:
        """Add the hooks of the events that a plugin declares."""
        declare = getattr(loaded.plugin, "register_events", None)
        if callable(declare) and hasattr(declare, f"{NAMESPACE}_impl"):
            refuse_async("register_events", declare)
            functions = _declarations(declare())
            for hook in functions:
                if self.specification(hook) is not None:
                    raise PluginError(f"register_events: there is a hook {hook!r} already; rename the function")
            self._manager.add_hookspecs(type("Declared", (), functions))
            self.declared |= {name: DeclaredEvent(candidate.name, found) for name, found in functions.items()}
        return True

    def _register(self, candidate: Candidate, loaded: Loaded) -> None:
        name, plugin = candidate.name, loaded.plugin
        if name in self.plugins:
            raise PluginError(
                f"another plugin is called {name!r} already{_from(self.plugins[name])}; rename one of them"
            )
        model = config_model(plugin)
        try:
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                self._manager.register(plugin, name=name)
            self._refuse_misspelt(callers := self._manager.get_hookcallers(plugin) or [])
            for caller, found in _implementations_of(plugin, callers):
                refuse_unfit(caller.name, found, self._parameters_of(caller.name))
            refuse_incomplete([caller.name for caller in callers])
        except Exception as error:
            if self._manager.has_plugin(name):
                self._manager.unregister(name=name)
            if isinstance(error, pluggy.PluginValidationError):
                raise PluginError(self._explain_validation(error)) from None
            raise
        if not callers:
            raise PluginError(self._explain_nothing(plugin))
        hooks = tuple(sorted(caller.name for caller in callers))
        section = with_handlers(model) if any(map(self._is_handler, hooks)) else model
        unmarked = (name for name in forgotten_marks(plugin, self._hook_names()) if "_" in name)
        notes = (
            *map(_warning, told),
            *(f"{name} looks like a hook, but is not marked with @hookimpl" for name in unmarked),
        )
        self._loaded[name] = loaded
        self._keep(candidate, PluginStatus.LOADED, hooks=hooks, config_model=model, section=section, warnings=notes)

    def _parameters_of(self, hook: str) -> Collection[str]:
        specification = self.specification(hook)
        return () if specification is None else inspect.signature(specification).parameters

    def _refuse_misspelt(self, callers: Iterable[pluggy.HookCaller]) -> None:
        for caller in callers:
            if not caller.has_spec() and not all(found.optionalhook for found in caller.get_hookimpls()):
                raise PluginError(f"there is no hook {caller.name!r}{nearest_hook(caller.name, self._hook_names())}")

    def _explain_validation(self, error: pluggy.PluginValidationError) -> str:
        text = " ".join(str(error).split())
        for hook in self._hook_names():
            specification = self.specification(hook)
            if f"hook {hook!r}" in text and specification is not None:
                return explain_parameters(text, hook, tuple(inspect.signature(specification).parameters))
        return text

    def _explain_nothing(self, plugin: object) -> str:
        """Return why a plugin implements no hook: most likely it was forgotten to mark what does."""
        alike = forgotten_marks(plugin, self._hook_names())
        forgotten = f": {alike[0]} looks like one, but is not marked" if alike else ""
        return f"it implements no hook{forgotten}; mark functions with @hookimpl from cockpit_gateway"

    def _hook_names(self) -> list[str]:
        own = [name for name, value in vars(hookspecs).items() if hasattr(value, f"{NAMESPACE}_spec")]
        return own + list(self.declared)


def _warning(told: warnings.WarningMessage) -> str:
    return f"{told.message} ({told.filename}:{told.lineno})"


def _from(plugin: LoadedPlugin) -> str:
    return f", from {plugin.place or plugin.distribution}" if plugin.place or plugin.distribution else ""


def _given(name: str, plugin: object) -> Candidate:
    return Candidate(name, lambda: plugin)


def _import(candidate: Candidate) -> Loaded:
    found = load_in_time(candidate)
    return Loaded(found(), found) if inspect.isclass(found) else Loaded(found, None)


def _declarations(returned: object) -> dict[str, Callable[..., Any]]:
    """Return what `register_events` returned, by hook."""
    functions: dict[str, Callable[..., Any]] = {}
    for function in returned if isinstance(returned, Iterable) else [returned]:
        if not isinstance(function, FunctionType) or declared_event(function) is None:
            raise PluginError(
                f"register_events returns a list of functions that are marked with @cockpit_event, not {function!r}"
            )
        functions[function.__name__] = function
    return functions


def _unique(name: str, taken: Iterable[str]) -> str:
    names = set(taken)
    candidates = (name, *(f"{name} ({number})" for number in range(2, len(names) + 3)))
    return next(candidate for candidate in candidates if candidate not in names)


def _implementation(hook: str, found: pluggy.HookImpl, trace: HookTrace) -> Implementation:
    is_async = inspect.iscoroutinefunction(found.function)
    return Implementation(found.plugin_name, hook, found.function, tuple(found.argnames), is_async, trace)


def _implementations_of(
    plugin: object, callers: Iterable[pluggy.HookCaller]
) -> Iterator[tuple[pluggy.HookCaller, pluggy.HookImpl]]:
    for caller in callers:
        for found in caller.get_hookimpls():
            if found.plugin is plugin:
                yield caller, found
