"""The plugin: one filter over every event."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from pydantic import Field

from cockpit_gateway import Event, PluginContext, hookimpl
from cockpit_gateway.config import PluginConfig
from cockpit_gateway.errors import GatewayError
from cockpit_gateway_redact.masking import Mask, mask_of
from cockpit_gateway_redact.rules import Rule, built_in_rules
from cockpit_gateway_redact.scanning import Scan, scan_for

REMEMBERED_NAMES = 1024
"""Event names whose rules stay compiled; names of collections are part of them, so there is no end of names."""


class NestedTooDeepError(GatewayError):
    """An event in which something has to be masked is nested deeper than JSON can be written."""


class RedactPlugin:
    """Masks secrets in an event's arguments before anything is stored or sent."""

    class Config(PluginConfig):
        """The `redact` section."""

        rules: list[Rule] = Field(default=[], description="What to mask beside what is masked anyway.")

    def __init__(self) -> None:
        self._compiler: _Compiler | None = None

    @hookimpl(tryfirst=True)
    def filter_event(self, event: Event, context: PluginContext) -> Event | None:
        """Return the event with its secrets masked; None, and so Cockpit's own bytes, if it has none.

        Raises:
            NestedTooDeepError: The masked event cannot be written as JSON.
        """
        if not event.name:
            return None
        if self._compiler is None or self._compiler.context is not context:
            self._compiler = _Compiler(context)
        rules = self._compiler.rules_for(event.name)
        if not rules.may_mask(event.body):
            return None
        args = rules.mask(event.args)
        try:
            return None if args is None else event.with_args(args)
        except RecursionError:
            raise NestedTooDeepError("it has something to mask, but is nested too deep to be written anew") from None


class _CompiledRules(NamedTuple):
    may_mask: Scan
    mask: Mask


class _Compiler:
    """Compiles the rules that speak of an event, once per name.

    Args:
        context: The plugin's context, with the user's own rules.
    """

    def __init__(self, context: PluginContext) -> None:
        config: RedactPlugin.Config = context.config
        self.context = context
        self.rules_for = lru_cache(maxsize=REMEMBERED_NAMES)(self._rules_for)
        self._rules = (*built_in_rules(), *config.rules)

    def _rules_for(self, name: str) -> _CompiledRules:
        match = self.context.catalogue.match(name)
        generic_name = name if match is None else match.entry.generic_name
        chosen = [rule for rule in self._rules if rule.covers(generic_name)]
        return _CompiledRules(scan_for(chosen), mask_of(chosen))
