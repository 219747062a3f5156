"""From an endpoint's settings to what the gateway and the HTTP client need."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass

from cockpit_gateway import Event, Planned, PluginContext, Target
from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.expressions import Expression, Scope, scope_of
from cockpit_gateway.matching import Subscription, Subscriptions
from cockpit_gateway_webhook.bodies import Body, cockpit_body, standard_batch, standard_body, template_body
from cockpit_gateway_webhook.sending import Sender, Signature, fixed_headers
from cockpit_gateway_webhook.settings import Endpoint
from cockpit_gateway_webhook.signing import signer_of

LONGEST_KEY = 256
"""Characters; a longer key is replaced by its digest."""


def target_of(name: str, endpoint: Endpoint, catalogue: Catalogue) -> Target:
    """Return the rules that the gateway keeps for an endpoint."""
    return Target(
        name,
        timeout=endpoint.timeout,
        concurrency=endpoint.concurrency,
        schedule=endpoint.retry,
        rate=endpoint.rate,
        ordered=endpoint.ordered,
        coalesce=endpoint.coalesce.rule() if endpoint.coalesce else None,
        breaker=endpoint.breaker.rule(),
        backlog=endpoint.backlog.limit(),
        disable_after=endpoint.disable_after,
        active=endpoint.active,
        pauses_loops=endpoint.pause_loops,
        wants_noise=subscription_of(endpoint).named_noise(catalogue) if endpoint.active else frozenset(),
        fingerprint=hashlib.sha256(
            endpoint.url.encode()
        ).hexdigest(),  # a URL may hold a token: keep it out of the store
    )


def subscription_of(endpoint: Endpoint) -> Subscription:
    """Return which events an endpoint wants."""
    return Subscription(tuple(endpoint.events), frozenset(endpoint.sources), endpoint.when)


def sender_of(endpoint: Endpoint, catalogue: Catalogue) -> Sender:
    """Return what makes the attempts of an endpoint."""
    basic_auth = endpoint.basic_auth
    return Sender(
        method=endpoint.method,
        url=endpoint.url,
        headers=fixed_headers(
            endpoint.content_type,
            {name: value.get_secret_value() for name, value in endpoint.headers.items()},
            basic_auth=(basic_auth.user, basic_auth.password.get_secret_value()) if basic_auth else None,
            bearer=endpoint.bearer.get_secret_value() if endpoint.bearer else None,
        ),
        signatures=[
            Signature(signer_of(secret.get_secret_value()), until) for secret, until in endpoint.signing_secrets
        ],
        tokens=endpoint.oauth2.credentials() if endpoint.oauth2 else None,
        timeout=endpoint.timeout,
        body=_body_of(endpoint, catalogue),
    )


def _body_of(endpoint: Endpoint, catalogue: Catalogue) -> Body:
    if endpoint.template is not None:
        return template_body(endpoint.template, catalogue)
    if endpoint.body == "cockpit":
        return cockpit_body
    batches = endpoint.coalesce is not None and endpoint.coalesce.keep == "list"
    return standard_batch(catalogue) if batches else standard_body(catalogue)


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint as planning sees it.

    Attributes:
        name: The endpoint's name.
        key: The lane's key, or what finds it; None leaves it to the gateway, which takes the event's subject.
    """

    name: str
    key: Expression | str | None


def route_of(name: str, endpoint: Endpoint) -> Route:
    """Return an endpoint's route; without order and coalescing there are no lanes, so no key is worked out."""
    keeps_lanes = endpoint.ordered or endpoint.coalesce is not None
    if isinstance(endpoint.key, Expression):
        return Route(name, endpoint.key if keeps_lanes else None)
    return Route(name, "" if endpoint.key == "endpoint" else None)


class Planning:
    """Says which endpoints get an event, and in which lane.

    Args:
        endpoints: The active endpoints by name.
        context: The plugin's context.
    """

    def __init__(self, endpoints: dict[str, Endpoint], context: PluginContext) -> None:
        self._context = context
        self._failures: Counter[tuple[str, str]] = Counter()
        routes = [(subscription_of(endpoint), route_of(name, endpoint)) for name, endpoint in endpoints.items()]
        self._subscriptions = Subscriptions(routes, context.catalogue, self._when_failed)

    def plan(self, event: Event) -> list[Planned]:
        """Return the deliveries of an event."""
        routes = self._subscriptions.matches(event)
        needs_scope = any(isinstance(route.key, Expression) for route in routes)
        scope: Scope = scope_of(event, self._context.catalogue) if needs_scope else {}
        return [Planned(route.name, self._key(route, event, scope)) for route in routes]

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
                endpoint=route.name,
                setting=setting,
                event_id=event.id,
                event_name=event.name,
                error=f"{type(error).__name__}: {error}",
                failures=count,
            )


def _bounded(key: str) -> str:
    return key if len(key) <= LONGEST_KEY else hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
