"""A configuration as people and programs see it: every setting without its secrets, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path as FilePath
from typing import Any, NamedTuple

import yaml
from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic.fields import FieldInfo

from cockpit_gateway.config.annotations import secret_paths
from cockpit_gateway.config.base import PluginConfig
from cockpit_gateway.config.document import Document
from cockpit_gateway.config.hiding import as_shown, is_secret_key
from cockpit_gateway.config.models import Settings
from cockpit_gateway.config.problems import HIDDEN, Data, Path
from cockpit_gateway.config.quantities import written_as, written_duration, written_rate
from cockpit_gateway.expressions import Expression, Template
from cockpit_gateway.targets import Rate, RetrySchedule

DEFAULT = "default"
"""Origin of a setting that nobody wrote."""

STORE = "store"
"""Origin of a setting that was made while the gateway ran."""


class ShownSetting(NamedTuple):
    """One setting.

    Attributes:
        path: Where: keys and list positions from the top.
        value: Its value as a person writes it, with `***` for what is secret; of lists and mappings, those that are
            empty or a default.
        origin: Where it comes from: "gateway.yaml:12", with ", environment variable NAME" or ", !file PATH" if that
            brings it in; `DEFAULT`; `STORE`.
        mark: Tells it from another value in this process, also where neither is shown.
    """

    path: Path
    value: Data
    origin: str
    mark: int


class Exhibition:
    """Shows a validated configuration.

    Args:
        document: The text that it stands in.
        models: The model of each plugin's section, None for one without settings.
    """

    def __init__(self, document: Document, models: Mapping[str, type[PluginConfig] | None]) -> None:
        self._document = document
        data = document.data if isinstance(document.data, dict) else {}
        sections = data.get("plugins")
        self._sections: dict[str, Data] = sections if isinstance(sections, dict) else {}
        self._unknown = {name for name in self._sections if models.get(name) is None}
        self._secret = set(secret_paths(Settings, data))
        for name, model in models.items():
            if model is not None:
                inside = secret_paths(model, self._sections.get(name))
                self._secret |= {("plugins", name, *path) for path in inside}

    def written(self) -> list[ShownSetting]:
        """Return the settings that are written, in their order."""
        data = self._document.data
        return [*self._given(data, ())] if data else []

    def effective(self, settings: Settings, plugins: Mapping[str, PluginConfig]) -> list[ShownSetting]:
        """Return every setting, those that nobody wrote with their defaults.

        Args:
            settings: The gateway's own.
            plugins: The plugins', by name.
        """
        data = self._document.data
        shown = [*self._model(settings, data if isinstance(data, dict) else {}, ())]
        for name, section in plugins.items():
            shown += self._model(section, self._sections.get(name), ("plugins", name))
        for name in self._unknown:
            shown += self._given(self._sections[name], ("plugins", name))
        return shown

    def _model(self, model: BaseModel, data: Data, path: Path) -> Iterator[ShownSetting]:
        given = data if isinstance(data, dict) else {}
        for name, field in type(model).model_fields.items():
            if field.exclude:
                continue
            key = field.alias or name
            yield from self._value(getattr(model, name), field, given.get(key), (*path, key), is_given=key in given)

    def _value(
        self, value: object, field: FieldInfo | None, data: Data, path: Path, *, is_given: bool
    ) -> Iterator[ShownSetting]:
        """Yield a setting, or those inside of it: models with their defaults, anything else as it is written."""
        match value:
            case BaseModel():
                yield from self._model(value, data, path)
            case Mapping() if isinstance(data, dict) and _has_models(value.values()):
                for key, inner in value.items():
                    yield from self._value(inner, None, data.get(key), (*path, key), is_given=key in data)
            case list() if isinstance(data, list) and _has_models(value):
                for position, inner in enumerate(value):
                    yield from self._value(inner, None, data[position], (*path, position), is_given=True)
            case _ if is_given:
                yield from self._given(data, path)
            case _:
                default = _plain(value, field)
                yield ShownSetting(path, self._shown(default, path), DEFAULT, hash(repr(default)))

    def _given(self, data: Data, path: Path) -> Iterator[ShownSetting]:
        if isinstance(data, dict) and data:
            for key, value in data.items():
                yield from self._given(value, (*path, key))
        elif isinstance(data, list) and data:
            for position, value in enumerate(data):
                yield from self._given(value, (*path, position))
        else:
            origin = self._document.origin(path) or STORE
            yield ShownSetting(path, self._shown(data, path), origin, hash(repr(data)))

    def _shown(self, value: Data, path: Path) -> Data:
        return as_shown(value, is_secret=not isinstance(value, date) and self._is_secret(path))

    def _is_secret(self, path: Path) -> bool:
        """Tell whether a model, or a key, says so; or who brought it in; or whether nobody can tell."""
        if self._document.is_brought_in(path) or (path[:1] == ("plugins",) and path[1:2] and path[1] in self._unknown):
            return True
        if any(path[:depth] in self._secret for depth in range(1, len(path) + 1)):
            return True
        return any(isinstance(part, str) and is_secret_key(part) for part in path)


def with_entries(settings: Iterable[ShownSetting], place: Path, entries: Mapping[str, Data]) -> Sequence[ShownSetting]:
    """Return settings with entries that were made while the gateway ran, where they would stand in the file.

    Args:
        settings: Those of the file.
        place: Where entries stand.
        entries: By name, what is set in each; without secrets.
    """
    added = [
        ShownSetting((*place, name, *path), value, STORE, hash(repr(value)))
        for name, entry in entries.items()
        for path, value in _leaves(entry)
    ]
    if not added:
        return [*settings]
    before, behind = _parted([*settings], {place[:depth] for depth in range(len(place) + 1)})
    return [*before, *added, *behind]


def _parted(settings: list[ShownSetting], above: set[Path]) -> tuple[list[ShownSetting], list[ShownSetting]]:
    """Part settings behind the last that shares most with a place; without what is empty above it."""
    shared = [max(depth for depth in range(len(path) + 1) if path[:depth] in above) for path, *_ in settings]
    behind = max(range(len(settings)), key=lambda number: (shared[number], number), default=-1) + 1
    before, after = settings[:behind], settings[behind:]
    return [setting for setting in before if setting.path not in above], after


def _leaves(data: Data, path: Path = ()) -> Iterator[tuple[Path, Data]]:
    """Yield what is no mapping or list, or is empty, each with its place."""
    if isinstance(data, dict | list) and data:
        for key, inner in data.items() if isinstance(data, dict) else enumerate(data):
            yield from _leaves(inner, (*path, key))
    else:
        yield path, data


def nested(settings: Iterable[ShownSetting]) -> Data:
    """Return settings as they stand in a file.

    Example:
        >>> nested([ShownSetting(("log", "level"), "info", "default", 0), ShownSetting(("a", 0), 1, "x:1", 0)])
        {'log': {'level': 'info'}, 'a': [1]}
    """
    root: dict[str, Any] = {}
    for setting in settings:
        if not setting.path:
            continue
        inside: Any = root
        for part, following in zip(setting.path, setting.path[1:], strict=False):
            inside = _entered(inside, part, [] if isinstance(following, int) else {})
        _entered(inside, setting.path[-1], setting.value)
    return root


def as_value(value: object) -> str:
    """Return one setting's value on a line, as it would stand in the configuration file.

    Example:
        >>> as_value(["a", None]), as_value("b")
        ('[a, null]', 'b')
    """
    text: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=float("inf"))
    return text.removesuffix("\n").removesuffix("\n...")


def _entered(inside: Any, part: str | int, fresh: Data) -> Any:
    if isinstance(inside, dict):
        return inside.setdefault(part, fresh)
    if len(inside) <= int(part):
        inside.append(fresh)
    return inside[int(part)]


def _has_models(values: Iterable[object]) -> bool:
    found = list(values)
    return bool(found) and all(isinstance(value, BaseModel) for value in found)


def _plain(value: object, field: FieldInfo | None) -> Data:
    """Return a default as a person writes it."""
    match value:
        case None | bool():
            return value
        case int() | float():
            form = written_as(field.metadata) if field else None
            return value if form is None else form(value)
        case SecretStr() | SecretBytes():
            return HIDDEN
        case RetrySchedule(delays=delays):
            return [written_duration(delay) for delay in delays]
        case Rate():
            return written_rate(value)
        case Expression(source=source) | Template(source=source):
            return source
        case str() | date() | FilePath():
            return str(value)
        case Mapping():
            return {str(key): _plain(inner, None) for key, inner in value.items()}
        case list() | tuple() | set() | frozenset() if not hasattr(value, "_fields"):
            return [_plain(inner, None) for inner in _ordered(value)]
        case _:
            return str(value)


def _ordered(values: Iterable[Any]) -> Sequence[Any]:
    return sorted(values) if isinstance(values, set | frozenset) else [*values]
