"""Endpoints that are made while the gateway runs, beside those of the configuration file.

Both have the same settings. Those of the file can be read here, and changed there; the others are kept in the store,
sealed. What is made, changed or deleted is in force when the call returns.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple, TypeAlias

import orjson

from cockpit_gateway.clock import Clock
from cockpit_gateway.config import StorableField
from cockpit_gateway.config.document import nested_at
from cockpit_gateway.config.problems import Data, Problem, render_path
from cockpit_gateway.config.redaction import redacted, restored
from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.entries import Entry
from cockpit_gateway.errors import ConflictError, InvalidDocumentError, Mistake, NotFoundError
from cockpit_gateway.hosting import Plugins
from cockpit_gateway.reloading import Reloads

Origin: TypeAlias = Literal["file", "store"]
"""Where an endpoint comes from."""

LARGEST = 64 * 1024
"""Bytes of an endpoint's settings, as JSON."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint as a person sees it.

    Attributes:
        target_id: Its name, as `Administration.target` takes it: that tells its state and its backlog.
        document: Its settings as they would stand in the configuration file; secrets are `***`.
        place: Where it stands in the configuration file, "gateway.yaml:12"; None for one of the store.
        version: What `change` and the others want to see; None for one of the file, which cannot be changed here.
        created_at: When it was made, seconds since the Unix epoch; None for one of the file.
        changed_at: When it was changed, as well.
        mistakes: Why it does not take part; none if it does.
    """

    target_id: TargetId
    document: dict[str, Data]
    place: str | None = None
    version: str | None = None
    created_at: float | None = None
    changed_at: float | None = None
    mistakes: tuple[Mistake, ...] = ()

    @property
    def name(self) -> str:
        """Its name."""
        return self.target_id.target

    @property
    def origin(self) -> Origin:
        """Where it comes from."""
        return "store" if self.place is None else "file"


class Signed(NamedTuple):
    """An endpoint with a secret that was made for it.

    Attributes:
        endpoint: The endpoint.
        secret: The secret: it is shown this once. None if none was made.
    """

    endpoint: Endpoint
    secret: str | None


class Endpoints:
    """Lists and changes endpoints.

    Args:
        reloads: Has them take part.
        plugins: The plugins; one of them knows what an endpoint is.
        clock: The time.

    Example:
        >>> made = await endpoints.create("search", {"url": "https://…", "events": ["collections.*"]})  # doctest: +SKIP
        >>> await endpoints.patch("search", {"ordered": True}, expected=made.endpoint.version)  # doctest: +SKIP
    """

    def __init__(self, reloads: Reloads, plugins: Plugins, clock: Clock) -> None:
        self._reloads = reloads
        self._plugins = plugins
        self._clock = clock

    def names(self) -> Sequence[tuple[str, Origin]]:
        """Return the name of every endpoint, and where it comes from, in order."""
        field = self._reloads.combination.field
        if field is None:
            return []
        found: list[tuple[str, Origin]] = [(name, "file") for name in self._named_in_file(field)]
        return sorted([*found, *((entry.name, "store") for entry in self._reloads.entries)])

    async def all(self, only: Collection[tuple[str, Origin]] | None = None) -> Sequence[Endpoint]:
        """Return every endpoint, by name.

        Args:
            only: Which of them, as `names` has them; None for all.
        """
        # In a thread: a thousand of them, searched for secrets, take longer than the event loop may be held.
        return await asyncio.to_thread(self._all, only)

    def _all(self, only: Collection[tuple[str, Origin]] | None) -> Sequence[Endpoint]:
        field = self._reloads.combination.field
        if field is None:
            return []
        wanted = frozenset(self.names() if only is None else only)
        found = [self._of_file(name, field) for name in self._named_in_file(field) if (name, "file") in wanted]
        entries = [entry for entry in self._reloads.entries if (entry.name, "store") in wanted]
        found += [self._of_store(entry, field) for entry in entries]
        return sorted(found, key=lambda endpoint: (endpoint.name, endpoint.origin))

    def get(self, name: str) -> Endpoint:
        """Return one endpoint.

        Raises:
            NotFoundError: there is none of this name.
        """
        field = self._reloads.combination.field
        if field is not None and name in self._named_in_file(field):
            return self._of_file(name, field)
        for entry in self._reloads.entries:
            if field is not None and entry.name == name:
                return self._of_store(entry, field)
        raise NotFoundError(f"there is no endpoint {name!r}")

    async def create(self, name: str, document: Mapping[str, Data], *, new_secret: bool = False) -> Signed:
        """Make an endpoint.

        Args:
            name: Its name.
            document: Its settings, as they would stand in the configuration file; `${VAR}` and `!file` mean nothing.
            new_secret: True to make a secret that it signs with.

        Raises:
            ConflictError: there is one of this name, or no plugin takes endpoints.
            InvalidDocumentError: the settings have mistakes.
            PluginError: the plugin failed with it.
        """
        field = self._field()
        if name in self._named_in_file(field):
            raise ConflictError(f"there is an endpoint {name!r} in the configuration file already")
        if any(entry.name == name for entry in self._reloads.entries):
            raise ConflictError(f"there is an endpoint {name!r} already")
        secret = field.marker.new_secret() if new_secret else None
        kept = restored(document, {}, {})
        if secret is not None:
            kept = field.marker.with_secret(kept, secret, self._now(), timedelta())
        return Signed(await self._put(name, kept, None), secret)

    async def change(self, name: str, document: Mapping[str, Data], *, expected: str | None = None) -> Endpoint:
        """Replace an endpoint's settings.

        Args:
            name: Its name.
            document: The settings; a `***` where `get` shows one keeps what is there.
            expected: The version that somebody saw; None for whichever there is.

        Raises:
            NotFoundError: there is none of this name.
            ConflictError: it is one of the configuration file, or was changed meanwhile.
            InvalidDocumentError: the settings have mistakes.
            PluginError: the plugin failed with it.
        """
        entry = self._entry(name, expected)
        stored = entry.document or {}
        return await self._put(name, restored(document, stored, self._redacted(entry)), entry.version)

    async def patch(self, name: str, patch: Mapping[str, Data], *, expected: str | None = None) -> Endpoint:
        """Change some of an endpoint's settings; see `change`.

        Args:
            name: Its name.
            patch: What is to be another; None takes a setting away (JSON Merge Patch, RFC 7396).
            expected: As in `change`.
        """
        entry = self._entry(name, expected)
        return await self.change(name, _merged(self._redacted(entry), patch), expected=entry.version)

    async def rotate_secret(self, name: str, *, grace: float = 86400.0, expected: str | None = None) -> Signed:
        """Give an endpoint another secret to sign with.

        Args:
            name: Its name.
            grace: Seconds that the ones before sign, too, so that receivers can change over.
            expected: As in `change`.

        Raises:
            NotFoundError: there is none of this name.
            ConflictError: it is one of the configuration file, or was changed meanwhile.
        """
        entry, marker = self._entry(name, expected), self._field().marker
        secret = marker.new_secret()
        document = marker.with_secret(entry.document or {}, secret, self._now(), timedelta(seconds=grace))
        return Signed(await self._put(name, document, entry.version), secret)

    async def delete(self, name: str, *, expected: str | None = None) -> None:
        """Delete an endpoint; what is to be delivered to it is held, as of one that is gone from the file.

        Raises:
            NotFoundError: there is none of this name.
            ConflictError: it is one of the configuration file, or was changed meanwhile.
        """
        entry = self._entry(name, expected)
        await self._reloads.remove(name, entry.version)

    def _field(self) -> StorableField:
        field = self._reloads.combination.field
        if field is None:
            raise ConflictError("no plugin that is loaded takes endpoints; the webhook plugin is disabled")
        return field

    def _entry(self, name: str, expected: str | None) -> Entry:
        """Return what the store has of an endpoint that is to be changed."""
        entry = next((entry for entry in self._reloads.entries if entry.name == name), None)
        if entry is None:
            place = self.get(name).place
            raise ConflictError(f"the endpoint {name!r} stands in the configuration file: change it there, at {place}")
        if expected is not None and expected != entry.version:
            raise ConflictError(f"the endpoint {name!r} has been changed meanwhile; look at it again")
        return entry

    async def _put(self, name: str, document: Mapping[str, Data], expected: str | None) -> Endpoint:
        if len(orjson.dumps(document)) > LARGEST:
            raise InvalidDocumentError([Mistake("", f"more than {LARGEST // 1024} KiB are too much for an endpoint")])
        if problems := await self._reloads.put(name, document, expected):
            raise InvalidDocumentError(_mistakes(problems))
        return self.get(name)

    def _named_in_file(self, field: StorableField) -> Sequence[str]:
        section = self._reloads.file.at(field.path)
        return list(section) if isinstance(section, dict) else []

    def _of_file(self, name: str, field: StorableField) -> Endpoint:
        file, path = self._reloads.file, (*field.path, name)
        document = self._shown(name, file.at(path), field, file.hidden)
        return Endpoint(TargetId(field.plugin, name), document, file.place_of(path))

    def _of_store(self, entry: Entry, field: StorableField) -> Endpoint:
        problems = self._reloads.problems.get(entry.name, ())
        return Endpoint(
            TargetId(field.plugin, entry.name),
            self._redacted(entry),
            version=entry.version,
            created_at=entry.created_at,
            changed_at=entry.changed_at,
            mistakes=_mistakes(problems) if entry.problem is None else (Mistake("", entry.problem),),
        )

    def _redacted(self, entry: Entry) -> dict[str, Data]:
        return self._shown(entry.name, {**(entry.document or {})}, self._field())

    def _shown(
        self, name: str, document: Data, field: StorableField, hide: Callable[[str], str] = str
    ) -> dict[str, Data]:
        """Return an endpoint's settings without secrets; alone in its section, however many others there are."""
        place = (*field.path[2:], name)
        return redacted(self._model(field), nested_at(place, document), place, hide)

    def _model(self, field: StorableField) -> type[object]:
        model = self._plugins.registry.config_models()[field.plugin]
        assert model is not None  # noqa: S101 - the field is one of it
        return model

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.time(), UTC)


def _mistakes(problems: Sequence[Problem]) -> tuple[Mistake, ...]:
    return tuple(Mistake(render_path(problem.path), problem.message) for problem in problems)


def _merged(document: Mapping[str, Data], patch: Mapping[str, Data]) -> dict[str, Data]:
    """Return a document with a merge patch (RFC 7396)."""
    merged = {key: value for key, value in document.items() if key not in patch}
    for key, value in patch.items():
        if isinstance(value, dict):
            before = document.get(key)
            merged[key] = _merged(before if isinstance(before, dict) else {}, value)
        elif value is not None:
            merged[key] = value
    return merged
