"""Events as Cockpit sends them: recorded arguments, changed as a test wants them."""

from __future__ import annotations

import time
from collections.abc import Mapping

import uuid_utils

from cockpit_gateway.catalogue import Catalogue, CatalogueEntry, Match
from cockpit_gateway.config.sentences import did_you_mean
from cockpit_gateway.events import Event, JSONValue
from cockpit_gateway.testing.captures import capture_of


class EventFactory:
    """Makes events.

    Args:
        catalogue: The known events.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def make(self, name: str, /, *args: JSONValue, **changes: JSONValue) -> Event:
        """Make an event, with the arguments that a real Cockpit sent.

        Args:
            name: The event's name.
            args: Arguments by position, instead of the recorded ones.
            changes: Arguments by the names that the hook gives them, instead of the recorded ones.

        Returns:
            The event, with the body that Cockpit would post. What was not recorded, and is not given, is null; an
            empty dict becomes an empty list, as in PHP.

        Raises:
            TypeError: the event has no argument of that name.

        Example:
            >>> event = make_event("collections.save.after", entry={"_id": "7", "title": "Hello"})
            >>> event.args
            ['posts', {'_id': '7', 'title': 'Hello'}, False]
            >>> event.subjects
            ('collections/posts/7',)
        """
        match = self._catalogue.match(name)
        found = capture_of(name, self._catalogue)
        recorded = [] if found is None else found.args
        values = [*map(_as_php_has_it, args), *_as_of(match, recorded)[len(args) :]]
        if changes:
            values = _changed(name, None if match is None else match.entry, values, changes)
        subjects = self._catalogue.subjects(name, values)
        blank = Event(str(uuid_utils.uuid7()), name, "website", b"", time.time(), None, "all", 1, subjects)
        return blank.with_args(values)


def _as_of(match: Match | None, recorded: list[JSONValue]) -> list[JSONValue]:
    """Return recorded arguments as the variant of an event has them: its name is the first of them, if that is one."""
    if match is None or match.variant is None or not match.entry.event.per_name:
        return recorded
    return [match.variant, *recorded[1:]] if recorded and isinstance(recorded[0], str) else recorded


def _changed(
    name: str, entry: CatalogueEntry | None, values: list[JSONValue], changes: Mapping[str, JSONValue]
) -> list[JSONValue]:
    parameters = () if entry is None else entry.parameters
    for unknown in changes.keys() - set(parameters):
        nearest = did_you_mean(unknown, parameters) or f"; it has {', '.join(parameters) or 'none that have names'}"
        raise TypeError(f"{name} has no argument {unknown!r}{nearest}")
    values += [None] * (1 + max(map(parameters.index, changes)) - len(values))
    for parameter, value in changes.items():
        values[parameters.index(parameter)] = _as_php_has_it(value)
    return values


def _as_php_has_it(value: JSONValue) -> JSONValue:
    if isinstance(value, dict):
        return {key: _as_php_has_it(inner) for key, inner in value.items()} or []
    return [_as_php_has_it(inner) for inner in value] if isinstance(value, list) else value


make_event = EventFactory(Catalogue()).make
