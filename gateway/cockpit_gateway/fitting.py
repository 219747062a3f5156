"""What of a plugin cannot work, told when it is registered."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, TypeVar

import pluggy

from cockpit_gateway.config import PluginConfig
from cockpit_gateway.contract import NAMESPACE
from cockpit_gateway.errors import PluginError

_Kind = TypeVar("_Kind")

SYNC_ONLY = frozenset(
    {
        "filter_event",
        "plan_deliveries",
        "explain_deliveries",
        "register_targets",
        "register_events",
        "register_routes",
        "register_commands",
    }
)
"""Hooks whose result is needed at once."""


def refuse_unfit(hook: str, found: pluggy.HookImpl, declared: Collection[str]) -> None:
    """Refuse an implementation that would silently do nothing, or something else than is meant.

    Args:
        hook: The hook's name.
        found: The implementation.
        declared: The hook's parameters.

    Raises:
        PluginError: it is such a one.
    """
    _refuse_forgotten_self(hook, found.function, declared)
    function = found.function
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise PluginError(f"{hook}: {parameter.name!r} gets nothing; name the parameters that it wants")
        if parameter.kind is parameter.KEYWORD_ONLY:
            raise PluginError(f"{hook}: {parameter.name!r} stands behind a `*`; parameters are taken by name anyhow")
        if parameter.default is not parameter.empty and parameter.name in declared:
            raise PluginError(f"{hook}: {parameter.name!r} has a default, which it would always get; write it without")
    if found.wrapper or found.hookwrapper or inspect.isgeneratorfunction(function):
        raise PluginError(
            f"{hook} is implemented as a wrapper or generator: the gateway calls implementations one by one, "
            "so that it would silently do nothing; write a plain `def` or `async def`"
        )
    if inspect.isasyncgenfunction(function):
        raise PluginError(f"{hook} is an async generator, which is never run to its end; write a plain `async def`")
    if hook in SYNC_ONLY:
        refuse_async(hook, function)


def refuse_async(hook: str, function: Callable[..., Any]) -> None:
    """Refuse `async def` for a hook whose result is needed at once.

    Args:
        hook: The hook's name.
        function: The implementation.

    Raises:
        PluginError: it is `async def`.
    """
    if inspect.iscoroutinefunction(function):
        raise PluginError(f"{hook} is `async def`, but its result is needed at once; write a plain `def`")


def refuse_incomplete(hooks: Collection[str]) -> None:
    """Refuse a transport of which a part is missing: nothing would ever be delivered.

    Args:
        hooks: What the plugin implements.

    Raises:
        PluginError: a part is missing.
    """
    there = sorted({"register_targets", "plan_deliveries", "explain_deliveries", "deliver"}.intersection(hooks))
    missing = [hook for hook in ("register_targets", "plan_deliveries") if hook not in hooks]
    if there and missing:
        raise PluginError(
            f"it implements {' and '.join(there)}, but not {' and '.join(missing)}; "
            "a transport has register_targets, plan_deliveries and deliver"
        )


def config_model(plugin: object) -> type[PluginConfig] | None:
    """Return a plugin's `Config`, None if it has none.

    Raises:
        PluginError: it is something else.
    """
    model = getattr(plugin, "Config", None)
    if model is None:
        return None
    if not (inspect.isclass(model) and issubclass(model, PluginConfig)):
        raise PluginError("its Config must be a subclass of cockpit_gateway.config.PluginConfig")
    if "handlers" in model.model_fields:
        raise PluginError("its Config has a field 'handlers', which is the gateway's own; call it something else")
    return model


def list_of(kind: type[_Kind], returned: object, who: str) -> list[_Kind]:
    """Return what a hook returned, if it is a list of what it has to be.

    Args:
        kind: What it has to be a list of.
        returned: What was returned.
        who: Whose hook, for the message.

    Raises:
        PluginError: it is something else.
    """
    items: list[_Kind] = []
    for item in returned if isinstance(returned, Iterable) and not isinstance(returned, str) else [returned]:
        if not isinstance(item, kind):
            raise PluginError(f"{who} returns a list of {kind.__name__}, not {item!r:.80}")
        items.append(item)
    return items


def forgotten_marks(plugin: object, hooks: Collection[str]) -> list[str]:
    """Return the functions of a plugin that are called like hooks, and marked as nothing.

    Args:
        plugin: The module or object.
        hooks: The names of all hooks.
    """
    return [name for name in dir(plugin) if name in hooks and _is_unmarked(getattr(plugin, name, None))]


def _is_unmarked(function: object) -> bool:
    return callable(function) and not any(hasattr(function, f"{NAMESPACE}_{mark}") for mark in ("impl", "spec"))


def _refuse_forgotten_self(hook: str, function: Callable[..., Any], declared: Collection[str]) -> None:
    if not inspect.ismethod(function):
        return
    first = next(iter(inspect.signature(function.__func__).parameters), None)
    if first is None or first in declared:
        raise PluginError(f"{hook} is a method without `self`; write it before the parameters")


def explain_parameters(text: str, hook: str, declared: Sequence[str]) -> str:
    """Return which parameters a function takes that its hook does not have, and those that it has.

    Args:
        text: What pluggy says of it.
        hook: The hook.
        declared: The parameters that it has.
    """
    unknown = re.findall(r"'(\w+)'", text.partition("{")[2].partition("}")[0])
    meant = [f"{name!r}{nearest_hook(name, declared, otherwise='')}" for name in unknown]
    what = f"{hook} has no parameter {', '.join(meant)}" if meant else text
    return f"{what}; its parameters are: {', '.join(declared)}"


def nearest_hook(name: str, known: Sequence[str], otherwise: str = "; hookspecs.py lists them all") -> str:
    """Return a question for a name that may have been meant; `otherwise` if none is near."""
    nearest = difflib.get_close_matches(name, known, n=1)
    return f", did you mean {nearest[0]!r}?" if nearest else otherwise
