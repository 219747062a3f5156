"""Which events a subscriber wants: by source, by name or pattern, and by an expression."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING, Generic, Literal, NamedTuple, TypeVar

from cockpit_gateway.events import Event
from cockpit_gateway.expressions import Expression, Scope, scope_of

if TYPE_CHECKING:
    from cockpit_gateway.catalogue import Catalogue

NAMES_REMEMBERED = 4096
"""Event names whose subscribers are remembered; Cockpit has about a hundred, and one more per collection."""

LONGEST_NAME_REMEMBERED = 256
"""Characters."""

_T = TypeVar("_T")


def is_pattern(name: str) -> bool:
    """Tell whether an item of `events` is a pattern: it has a `*`, `?` or `[`."""
    return any(character in name for character in "*?[")


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a subscriber wants.

    Attributes:
        events: Exact names, "collections.save.after" as well as the per-name "collections.save.after.posts" (which
            the former does not match), and patterns such as "collections.save.after.*". A pattern never matches
            noise, which has to be named in full.
        sources: The Cockpit sites; empty for all.
        when: Only events for which this is true; None for all.
    """

    events: tuple[str, ...]
    sources: frozenset[str] = frozenset()
    when: Expression | None = None

    def named_noise(self, catalogue: Catalogue) -> frozenset[str]:
        """Return the names in `events` that are noise; ingest ignores those unless a target wants them."""
        return frozenset(name for name in self.events if not is_pattern(name) and catalogue.is_noise(name))

    def holds(self, scope: Scope) -> bool:
        """Tell whether `when` is true for an event.

        Args:
            scope: The event, as `scope_of` shows it.

        Raises:
            Exception: whatever the expression raises.
        """
        return self.when is None or bool(self.when.evaluate(scope))


class Answer(NamedTuple, Generic[_T]):
    """Whether a subscriber wants an event, and what decided that.

    Attributes:
        subscriber: The subscriber.
        subscription: What it wants.
        refused_by: The setting that turns the event away; None if the subscriber wants it.
        error: What `when` raised; the subscriber wants the event all the same.
    """

    subscriber: _T
    subscription: Subscription
    refused_by: Literal["events", "sources", "when"] | None
    error: Exception | None = None


class Subscriptions(Generic[_T]):
    """Subscribers with their subscriptions, built once and asked for each event.

    Args:
        subscribers: Each with its subscription.
        catalogue: The events.
        on_failure: Called when a `when` fails for an event, with the subscriber, the event and the error; the event
            is for the subscriber all the same, because a delivery too many does less harm than one too few.

    Example:
        >>> from cockpit_gateway.catalogue import Catalogue
        >>> subscriptions = Subscriptions([(Subscription(("collections.*",)), "search")], Catalogue())
        >>> subscriptions.matches(Event("0", "collections.save.after", "site", b"", 0.0))
        ['search']
    """

    def __init__(
        self,
        subscribers: Iterable[tuple[Subscription, _T]],
        catalogue: Catalogue,
        on_failure: Callable[[_T, Event, Exception], None] = lambda _subscriber, _event, _error: None,
    ) -> None:
        self._subscribers = tuple(subscribers)
        self._catalogue = catalogue
        self._on_failure = on_failure
        self._by_name: dict[str, set[int]] = {}
        self._by_pattern: dict[str, set[int]] = {}
        for index, (subscription, _) in enumerate(self._subscribers):
            for name in subscription.events:
                table = self._by_pattern if is_pattern(name) else self._by_name
                table.setdefault(name, set()).add(index)
        self._remembered = lru_cache(NAMES_REMEMBERED)(self._naming)

    def matches(self, event: Event) -> list[_T]:
        """Return who wants an event, in the order they were given.

        An undecodable event has no name, so that nobody can have asked for it: it matches no one.

        Args:
            event: The event.
        """
        if not event.name:
            return []
        naming = self._remembered if len(event.name) <= LONGEST_NAME_REMEMBERED else self._naming
        candidates = [pair for pair in naming(event.name) if not pair[0].sources or event.source in pair[0].sources]
        return self._true_for(event, candidates)

    def answers(self, event: Event) -> list[Answer[_T]]:
        """Return for each subscriber whether it wants an event, and why not: what `matches` goes by, told.

        Args:
            event: The event.
        """
        named = self._named(event.name) if event.name else set[int]()
        scope = scope_of(event, self._catalogue)
        return [
            self._answer(*pair, event, scope) if index in named else Answer(pair[1], pair[0], "events")
            for index, pair in enumerate(self._subscribers)
        ]

    def _answer(self, subscription: Subscription, subscriber: _T, event: Event, scope: Scope) -> Answer[_T]:
        if subscription.sources and event.source not in subscription.sources:
            return Answer(subscriber, subscription, "sources")
        try:
            return Answer(subscriber, subscription, None if subscription.holds(scope) else "when")
        except Exception as error:  # noqa: BLE001 - an expression may raise anything for a value it did not expect
            return Answer(subscriber, subscription, None, error)

    def _naming(self, name: str) -> tuple[tuple[Subscription, _T], ...]:
        return tuple(self._subscribers[index] for index in sorted(self._named(name)))

    def _named(self, name: str) -> set[int]:
        """Return whose `events` have a name."""
        found = set(self._by_name.get(name, ()))
        if not self._catalogue.must_be_named(name):
            found.update(*(who for pattern, who in self._by_pattern.items() if fnmatchcase(name, pattern)))
        return found

    def _true_for(self, event: Event, candidates: list[tuple[Subscription, _T]]) -> list[_T]:
        if all(subscription.when is None for subscription, _ in candidates):
            return [subscriber for _, subscriber in candidates]
        scope = scope_of(event, self._catalogue)
        wanted: list[_T] = []
        for subscription, subscriber in candidates:
            try:
                if subscription.holds(scope):
                    wanted.append(subscriber)
            except Exception as error:  # noqa: BLE001 - an expression may raise anything for a value it did not expect
                wanted.append(subscriber)
                self._on_failure(subscriber, event, error)
        return wanted
