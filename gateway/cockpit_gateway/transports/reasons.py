"""Reasons: why a target gets an event, or why not, in a line."""

from __future__ import annotations

from itertools import islice
from typing import Any

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.config.sentences import nearest_name
from cockpit_gateway.events import Event, encode_json
from cockpit_gateway.expressions import Expression, scope_of
from cockpit_gateway.matching import Answer, Subscription, is_pattern
from cockpit_gateway.targets import Explained

LONGEST_VALUE = 120
"""Characters that are shown of a value."""

MOST_VALUES = 12
"""Values that are shown of an event."""


def explained(target: str, answer: Answer[Any], event: Event, catalogue: Catalogue) -> Explained:
    """Return what `explain_deliveries` says of a target.

    Args:
        target: Its name.
        answer: What its subscription says of the event.
        event: The event.
        catalogue: The events.
    """
    match answer.refused_by:
        case "events":
            reason = _unnamed(event.name, answer.subscription, catalogue)
            return Explained(target, planned=False, reason=reason, setting="events")
        case "sources":
            named = ", ".join(sorted(answer.subscription.sources))
            reason = f"`sources` names {named}, and the event is from {event.source}"
            return Explained(target, planned=False, reason=reason, setting="sources")
        case "when":
            return _by_when(target, answer, event, catalogue, planned=False)
        case None:
            return _wanted(target, answer, event, catalogue)


def _wanted(target: str, answer: Answer[Any], event: Event, catalogue: Catalogue) -> Explained:
    if answer.subscription.when is not None:
        return _by_when(target, answer, event, catalogue, planned=True)
    return Explained(target, planned=True, reason=f"`events` has {event.name}", setting="events")


def _by_when(target: str, answer: Answer[Any], event: Event, catalogue: Catalogue, *, planned: bool) -> Explained:
    when = answer.subscription.when
    assert when is not None  # noqa: S101 - it has decided
    if answer.error is not None:
        failure = f"{type(answer.error).__name__}: {answer.error}"
        reason = f"`when` failed, so that the event is delivered all the same: {failure}"
    else:
        reason = f"`when` is {'true' if planned else 'false'}: {when.source}"
    return Explained(target, planned, reason, "when", _values(when, event, catalogue))


def _values(when: Expression, event: Event, catalogue: Catalogue) -> dict[str, str]:
    seen = when.read(scope_of(event, catalogue))
    return {name: _short(value) for name, value in islice(seen.items(), MOST_VALUES)}


def _short(value: object) -> str:
    text = encode_json(value).decode()
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def _unnamed(name: str, subscription: Subscription, catalogue: Catalogue) -> str:
    """Return why none of a subscriber's `events` stands for an event."""
    if not name:
        return "its body could not be decoded, so that it has no name which `events` could have"
    if catalogue.must_be_named(name):
        kind = "noise" if catalogue.is_noise(name) else "an event of the gateway's own"
        return f"{name} is {kind}, which no pattern matches: `events` has to name it in full"
    return _mistaken_variant(name, subscription, catalogue) or _nearest(name, subscription)


def _mistaken_variant(name: str, subscription: Subscription, catalogue: Catalogue) -> str | None:
    """Return what is said when the event of all was named and the one of a single name came, or the other way round."""
    match = catalogue.match(name)
    if match is None:
        return None
    generic = match.entry.generic_name
    if match.variant is not None and generic in subscription.events:
        return f"`events` has {generic}, which is another event than {name}: list that as well, or {generic}*"
    of_one = [other for other in subscription.events if other.startswith(f"{name}.")]
    if of_one:
        return f"`events` has {of_one[0]}, which is another event than {name}: list that as well"
    return None


def _nearest(name: str, subscription: Subscription) -> str:
    nearest = nearest_name(name, (other for other in subscription.events if not is_pattern(other)))
    return f"none of its `events` matches {name}" + (f"; the nearest is {nearest}" if nearest else "")
