"""Which handlers an event calls."""

from __future__ import annotations

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.registry import Implementation, Registry


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
