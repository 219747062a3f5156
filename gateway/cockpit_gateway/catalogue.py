"""The catalogue: which event has which hook, parameters and subjects, read off the hookspecs."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import NamedTuple

from cockpit_gateway import hookspecs
from cockpit_gateway.contract import CockpitEvent, declared_event
from cockpit_gateway.events import JSONValue, subject_path

REMEMBERED_NAMES = 4096
"""Event names whose match is remembered; per-name variants make their number unbounded."""

LONGEST_NAME_REMEMBERED = 256
"""Characters."""

_REFERENCE = re.compile(r"\{(?P<name>\w+)(?P<listed>\[\])?(?P<keys>(?:\.\w+)*)\}")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_GIVEN_BY_THE_GATEWAY = frozenset({"event", "context"})


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One event of Cockpit, as its hookspec declares it.

    Attributes:
        event: What the hookspec says of the event.
        hook: The hook's name.
        parameters: Names of Cockpit's positional arguments, in order.
        types: The type of each, as written in the hookspec.
        doc: The hookspec's docstring, dedented.
        plugin: The plugin that declares it, None for one of Cockpit's or the gateway's own.
        generic_name: The event's name without the part that varies: "app.render.view" of "app.render.view/{template}".
    """

    event: CockpitEvent
    hook: str
    parameters: tuple[str, ...]
    types: tuple[str, ...]
    doc: str
    plugin: str | None = None
    generic_name: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "generic_name", re.sub(r"[./]?\{\w+\}", "", self.event.name))

    @property
    def summary(self) -> str:
        """The first line of the docstring."""
        return self.doc.partition("\n")[0]


class Match(NamedTuple):
    """What the catalogue knows of an event's name.

    Attributes:
        entry: The event that it is, or is a variant of.
        variant: The part of the name that varies, None for the generic name itself.
        placeholders: That part by the name it has in the hookspec, if it has one.
    """

    entry: CatalogueEntry
    variant: str | None
    placeholders: Mapping[str, str]


class Catalogue:
    """Every known event.

    Args:
        custom: Names, or patterns with `*`, of an add-on's events, which no hookspec covers.
        declared: Hookspecs of plugins, each with the name of the plugin.

    Example:
        >>> Catalogue().match("collections.save.after.posts").entry.hook
        'collections_save_after'
    """

    def __init__(self, custom: Iterable[str] = (), declared: Iterable[tuple[str, Callable[..., object]]] = ()) -> None:
        found = [*_read_hookspecs(), *(entry for plugin, function in declared for entry in _read(function, plugin))]
        self.entries: Mapping[str, CatalogueEntry] = {entry.hook: entry for entry in found}
        self.custom = tuple(custom)
        self._exact = {entry.event.name: entry for entry in self.entries.values() if "{" not in entry.event.name}
        self._variants = sorted(
            (variant for entry in self.entries.values() for variant in _variants(entry)),
            key=lambda variant: len(variant.prefix),
            reverse=True,
        )
        self._subjects = {
            hook: tuple(_SubjectTemplate(template, entry.parameters) for template in entry.event.subjects)
            for hook, entry in self.entries.items()
        }
        self._remembered = lru_cache(REMEMBERED_NAMES)(self._match)

    def match(self, name: str) -> Match | None:
        """Return what is known of an event's name, None if no hookspec covers it.

        An exact name comes first, then the longest known beginning; never is a name split at its dots, because the
        names of collections hold dots, spaces and anything else.

        Example:
            >>> Catalogue().match("collections.save.after.a.b").variant
            'a.b'
        """
        return self._remembered(name) if len(name) <= LONGEST_NAME_REMEMBERED else self._match(name)

    def is_noise(self, name: str) -> bool:
        """Tell whether an event only says that somebody read, viewed or logged in."""
        match = self.match(name)
        return match is not None and match.entry.event.noise

    def must_be_named(self, name: str) -> bool:
        """Tell whether no pattern matches an event: it is noise, or one of the gateway's own."""
        match = self.match(name)
        return match is not None and match.entry.event.must_be_named

    def is_custom(self, name: str) -> bool:
        """Tell whether an event was declared as an add-on's."""
        return any(fnmatchcase(name, pattern) for pattern in self.custom)

    def is_known(self, name: str) -> bool:
        """Tell whether a hookspec covers an event, or it was declared as an add-on's."""
        return self.match(name) is not None or self.is_custom(name)

    def bind(self, name: str, args: Sequence[JSONValue]) -> dict[str, JSONValue]:
        """Return an event's arguments by parameter name; a missing one is None, further ones are left out.

        Example:
            >>> Catalogue().bind("collections.save.after", ["posts"])
            {'name': 'posts', 'entry': None, 'is_update': None}
        """
        match = self.match(name)
        if match is None:
            return {}
        parameters = match.entry.parameters
        bound = dict(zip(parameters, args, strict=False))
        for missing in parameters[len(args) :]:
            bound[missing] = None
        return bound

    def subjects(self, name: str, args: Sequence[JSONValue]) -> tuple[str, ...]:
        """Return what an event is about, as paths.

        Example:
            >>> Catalogue().subjects("collections.save.after", ["posts", {"_id": "7"}, False])
            ('collections/posts/7',)
        """
        match = self.match(name)
        if match is None:
            return ()
        templates = self._subjects[match.entry.hook]
        found = [path for template in templates for path in template.paths(args, match.placeholders)]
        return tuple(dict.fromkeys(found))

    def suggest(self, name: str) -> str | None:
        """Return the known name that is nearest to an unknown one, None if none is near; one that fires."""
        names = [entry.event.name for entry in self.entries.values() if entry.event.fires] + list(self.custom)
        return next(iter(difflib.get_close_matches(name, names, n=1)), None)

    def matching(self, pattern: str) -> tuple[CatalogueEntry, ...]:
        """Return the events whose generic name a pattern matches; never noise or the gateway's own: those are named."""
        return tuple(
            entry
            for entry in self.entries.values()
            if not entry.event.must_be_named and fnmatchcase(entry.generic_name, pattern)
        )

    def _match(self, name: str) -> Match | None:
        exact = self._exact.get(name)
        if exact is not None:
            return Match(exact, None, {})
        for variant in self._variants:
            if name.startswith(variant.prefix) and name.endswith(variant.suffix):
                part = name[len(variant.prefix) : len(name) - len(variant.suffix)]
                if part:
                    return Match(variant.entry, part, {variant.placeholder: part} if variant.placeholder else {})
        return None


class _Variant(NamedTuple):
    """A name that varies between a prefix and a suffix."""

    prefix: str
    suffix: str
    placeholder: str
    entry: CatalogueEntry


def _read_hookspecs() -> Iterator[CatalogueEntry]:
    for function in vars(hookspecs).values():
        if inspect.isfunction(function):
            yield from _read(function)


def _read(function: Callable[..., object], plugin: str | None = None) -> Iterator[CatalogueEntry]:
    """Yield the event that a hookspec is for, if it is for one."""
    declaration = declared_event(function)
    if declaration is None:
        return
    given = inspect.signature(function).parameters.values()
    parameters = [parameter for parameter in given if parameter.name not in _GIVEN_BY_THE_GATEWAY]
    names = tuple(parameter.name for parameter in parameters)
    types = tuple(str(parameter.annotation) for parameter in parameters)
    yield CatalogueEntry(declaration, function.__name__, names, types, inspect.getdoc(function) or "", plugin)


def _variants(entry: CatalogueEntry) -> Iterator[_Variant]:
    name = entry.event.name
    found = _PLACEHOLDER.search(name)
    if found is not None:
        yield _Variant(name[: found.start()], name[found.end() :], found[1], entry)
    if entry.event.per_name:
        yield _Variant(f"{name}.", "", "", entry)


class _Reference(NamedTuple):
    """Where one part of a subject comes from: an argument, a key in it, or the name's varying part."""

    position: int | None
    keys: tuple[str, ...]
    placeholder: str

    def value(self, args: Sequence[JSONValue], placeholders: Mapping[str, str]) -> JSONValue:
        if self.position is None:
            return placeholders.get(self.placeholder)
        value = args[self.position] if self.position < len(args) else None
        for key in self.keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value


class _SubjectTemplate:
    """A compiled "collections/{name}/{entry._id}"; see `CockpitEvent.subjects`.

    Args:
        template: The template.
        parameters: The parameters' names, in order.
    """

    def __init__(self, template: str, parameters: Sequence[str]) -> None:
        self._declared = len(parameters)
        self._parts: list[str | _Reference] = []
        self._listed: int | None = None
        for part in template.split("/"):
            found = _REFERENCE.fullmatch(part)
            if found is None:
                self._parts.append(part)
                continue
            position = parameters.index(found["name"]) if found["name"] in parameters else None
            self._listed = position if found["listed"] else self._listed
            self._parts.append(_Reference(position, tuple(found["keys"].split(".")[1:]), found["name"]))

    def paths(self, args: Sequence[JSONValue], placeholders: Mapping[str, str]) -> list[str]:
        """Return the subjects that an event's arguments give, one per item of a list."""
        rows = [args] if self._listed is None else _row_per_item(args[: self._declared], self._listed)
        found = [self._path(row, placeholders) for row in rows]
        return [path for path in found if path is not None]

    def _path(self, args: Sequence[JSONValue], placeholders: Mapping[str, str]) -> str | None:
        known: list[str] = []
        for part in self._parts:
            text = part if isinstance(part, str) else _identity(part.value(args, placeholders))
            if text is None:
                break
            known.append(text)
        return subject_path(known) if len(known) > 1 else None


def _row_per_item(args: Sequence[JSONValue], listed: int) -> list[Sequence[JSONValue]]:
    """Return the arguments once per item of a list among them, or of the object that PHP makes of one."""
    value = args[listed] if listed < len(args) else None
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [[*args[:listed], item, *args[listed + 1 :]] for item in items]


def _identity(value: JSONValue) -> str | None:
    """Return a name or id as text; whatever else stands in its place is none."""
    if isinstance(value, str):
        return value or None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None
