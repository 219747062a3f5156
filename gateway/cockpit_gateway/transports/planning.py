"""Planning: from targets' settings to the deliveries of an event."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from cockpit_gateway.events import Event
from cockpit_gateway.expressions import Expression, Scope, scope_of
from cockpit_gateway.matching import Subscriptions
from cockpit_gateway.plugin import PluginContext
from cockpit_gateway.targets import Explained, Planned
from cockpit_gateway.transports.reasons import explained
from cockpit_gateway.transports.settings import TargetSettings

LONGEST_KEY = 256
"""Characters; a longer key is replaced by its digest."""

_ASLEEP = "`active` is false"


@dataclass(frozen=True, slots=True)
class Route:
    """A target as planning sees it.

    Attributes:
        name: The target's name.
        key: The lane's key, or what finds it; None leaves it to the gateway, which takes the event's subject.
    """

    name: str
    key: Expression | str | None


def _route_of(name: str, target: TargetSettings) -> Route:
    """Return a target's route; without order and coalescing there are no lanes, so no key is worked out."""
    keeps_lanes = target.ordered or target.coalesce is not None
    if isinstance(target.key, Expression):
        return Route(name, target.key if keeps_lanes else None)
    return Route(name, "" if target.key == "endpoint" else None)


class Planning:
    """Says which targets get an event, in which lane, and why: `plan_deliveries` and `explain_deliveries` need no more.

    Args:
        targets: The targets' settings by name; inactive ones get nothing.
        context: The plugin's context.

    Example:
        >>> self.planning = Planning(context.config.queues, context)  # doctest: +SKIP
        >>> self.planning.plan(event)  # doctest: +SKIP
        [Planned(target='audit', key=None)]
    """

    def __init__(self, targets: Mapping[str, TargetSettings], context: PluginContext) -> None:
        self._context = context
        self._failures: Counter[tuple[str, str]] = Counter()
        active = {name: target for name, target in targets.items() if target.active}
        routes = [(target.subscription, _route_of(name, target)) for name, target in active.items()]
        self._subscriptions = Subscriptions(routes, context.catalogue, self._when_failed)
        self._inactive = [name for name in targets if name not in active]

    def plan(self, event: Event) -> list[Planned]:
        """Return what `plan_deliveries` returns for an event."""
        routes = self._subscriptions.matches(event)
        needs_scope = any(isinstance(route.key, Expression) for route in routes)
        scope: Scope = scope_of(event, self._context.catalogue) if needs_scope else {}
        return [Planned(route.name, self._key(route, event, scope)) for route in routes]

    def explain(self, event: Event) -> list[Explained]:
        """Return what `explain_deliveries` returns for an event: by the same rules as the plan.

        Args:
            event: The event.
        """
        answers = self._subscriptions.answers(event)
        told = [explained(answer.subscriber.name, answer, event, self._context.catalogue) for answer in answers]
        return [*told, *(Explained(name, planned=False, reason=_ASLEEP, setting="active") for name in self._inactive)]

    def _key(self, route: Route, event: Event, scope: Scope) -> str | None:
        if not isinstance(route.key, Expression):
            return route.key
        try:
            value = route.key.evaluate(scope)
        except Exception as error:  # noqa: BLE001 - an expression may raise anything for a value it did not expect
            self._failed("key", route, event, error)
            return None
        return None if value is None else _bounded(str(value))

    def _when_failed(self, route: Route, event: Event, error: Exception) -> None:
        self._failed("when", route, event, error)

    def _failed(self, setting: str, route: Route, event: Event, error: Exception) -> None:
        """Count it, and log the 1st, 2nd, 4th, 8th …: an expression that fails once mostly fails for every event."""
        self._failures[route.name, setting] += 1
        count = self._failures[route.name, setting]
        if count & (count - 1) == 0:
            self._context.log.warning(
                "expression failed, the event is delivered all the same",
                target=route.name,
                setting=setting,
                event_id=event.id,
                event_name=event.name,
                error=f"{type(error).__name__}: {error}",
                failures=count,
            )


def _bounded(key: str) -> str:
    return key if len(key) <= LONGEST_KEY else hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
