"""What would be different by another configuration, setting by setting, without secrets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from cockpit_gateway.config.problems import Data, Path
from cockpit_gateway.config.showing import DEFAULT, ShownSetting, nested

RELOADED: tuple[Path, ...] = (("sources",), ("plugins",), ("retention",), ("log",), ("api", "clients"))
"""What a reload puts in force; other settings are read at the start."""


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A setting that would be another; a list counts as one.

    Attributes:
        path: Where.
        before: What it is, None for nothing; secrets are `***`, so that two that differ may look alike.
        after: What it would be.
        needs_restart: True if a reload does not put it in force.
    """

    path: Path
    before: Data
    after: Data
    needs_restart: bool


def is_reloaded(path: Path) -> bool:
    """Tell whether a reload puts a setting in force.

    Example:
        >>> is_reloaded(("api", "clients", "grafana")), is_reloaded(("api", "listen"))
        (True, False)
    """
    return any(path[: len(place)] == place for place in RELOADED)


def changes(before: Iterable[ShownSetting], after: Iterable[ShownSetting]) -> Iterator[SettingChange]:
    """Yield what is different, in the order of the new configuration; what is gone comes last.

    What is there on one side only, an endpoint, is told without its defaults.

    Args:
        before: Every setting that is in force.
        after: Every setting of the other configuration.
    """
    old, new = _whole(before), _whole(after)
    for path in [*new, *(path for path in old if path not in new)]:
        was, becomes = old.get(path, []), new.get(path, [])
        is_told = (was and becomes) or any(item.origin != DEFAULT for item in was + becomes)
        if is_told and [_identity(item) for item in was] != [_identity(item) for item in becomes]:
            yield SettingChange(path, _value(was, path), _value(becomes, path), not is_reloaded(path))


def _whole(settings: Iterable[ShownSetting]) -> dict[Path, list[ShownSetting]]:
    """Return settings by their place, those in a list together."""
    return {path: [*group] for path, group in groupby(settings, key=lambda setting: _outside_of_lists(setting.path))}


def _outside_of_lists(path: Path) -> Path:
    depth = next((depth for depth, part in enumerate(path) if isinstance(part, int)), len(path))
    return path[:depth]


def _identity(setting: ShownSetting) -> tuple[Path, int]:
    return setting.path, setting.mark


def _value(settings: list[ShownSetting], path: Path) -> Data:
    """Return what stands at a place."""
    found: Data = nested(settings) if settings else None
    for part in path:
        found = found.get(str(part)) if isinstance(found, dict) else None
    return found
