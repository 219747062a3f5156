"""The plugin: one filter over every event."""

from __future__ import annotations

from functools import lru_cache

from pydantic import Field

from cockpit_gateway import Event, PluginContext, hookimpl
from cockpit_gateway.config import PluginConfig
from cockpit_gateway_redact.masking import masked
from cockpit_gateway_redact.rules import Mask, Rule, built_in_rules

REMEMBERED_MASKS = 1024


class RedactPlugin:
    """Masks secrets in an event's arguments before anything is stored or sent."""

    class Config(PluginConfig):
        """The `redact` section."""

        rules: list[Rule] = Field(default=[], description="What to mask beside what is masked anyway.")

    def __init__(self) -> None:
        self._built_in = built_in_rules()
        self._mask_of = lru_cache(maxsize=REMEMBERED_MASKS)(self._make_mask)

    @hookimpl(tryfirst=True)
    def filter_event(self, event: Event, context: PluginContext) -> Event | None:
        """Return the event with its secrets masked; None, and so Cockpit's own bytes, if it has none."""
        match = context.catalogue.match(event.name)
        mask = self._mask_of(event.name if match is None else match.entry.generic_name, tuple(context.config.rules))
        if not mask.may_hit(event.body):
            return None
        args = masked(event.args, mask)
        return None if args is None else event.with_args(args)

    def _make_mask(self, generic_name: str, rules: tuple[Rule, ...]) -> Mask:
        return Mask(rule for rule in (*self._built_in, *rules) if rule.covers(generic_name))
