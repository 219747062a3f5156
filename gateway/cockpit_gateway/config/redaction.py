"""Settings without their secrets, for people to see; and what they send back, with their secrets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cockpit_gateway.config.annotations import secret_paths
from cockpit_gateway.config.hiding import as_shown, is_secret_key
from cockpit_gateway.config.problems import HIDDEN, Data, Path, render_path
from cockpit_gateway.errors import InvalidDocumentError, Mistake


def redacted(model: Any, data: Data, place: Path, hide: Callable[[str], str] = str) -> dict[str, Data]:
    """Return what stands at a place of some settings, with `***` for each secret.

    Secret is what the model declares so, what a key calls so, with all that is in it, and what stands in the query of a
    URL. Times are written as JSON has them.

    Args:
        model: The model of the settings.
        data: The settings.
        place: The place.
        hide: Takes further secrets out of a text.
    """
    secrets = set(secret_paths(model, data))
    for part in place:
        data = data[part] if isinstance(data, dict) and isinstance(part, str) else {}
    shown = _shown(data, place, secrets, hide)
    return shown if isinstance(shown, dict) else {}


def restored(given: Mapping[str, Data], stored: Mapping[str, Data], shown: Mapping[str, Data]) -> dict[str, Data]:
    """Return settings that somebody sent back, with what is stored where they are as they were shown.

    Args:
        given: What was sent.
        stored: What there is.
        shown: That, redacted.

    Raises:
        InvalidDocumentError: a `***` stands where nothing was hidden.
    """
    mistakes: list[Mistake] = []
    whole = _restored({**given}, {**stored}, {**shown}, (), mistakes)
    if mistakes:
        raise InvalidDocumentError(mistakes)
    return whole if isinstance(whole, dict) else {}


def _shown(data: Data, path: Path, secrets: set[Path], hide: Callable[[str], str], *, is_secret: bool = False) -> Data:
    if path in secrets:
        return as_shown(data, is_secret=True)
    match data:
        case dict() if data:
            return {
                key: _shown(value, (*path, key), secrets, hide, is_secret=is_secret or is_secret_key(key))
                for key, value in data.items()
            }
        case list() if data:
            return [
                _shown(value, (*path, position), secrets, hide, is_secret=is_secret)
                for position, value in enumerate(data)
            ]
        case _:
            return as_shown(hide(data) if isinstance(data, str) else data, is_secret=is_secret)


def _restored(given: Data, stored: Data, shown: Data, path: Path, mistakes: list[Mistake]) -> Data:
    match given:
        case dict():
            old, old_shown = _dict(stored), _dict(shown)
            return {
                key: _restored(value, old.get(key), old_shown.get(key), (*path, key), mistakes)
                for key, value in given.items()
            }
        case list():
            same = isinstance(stored, list) and isinstance(shown, list) and len(stored) == len(given) == len(shown)
            olds, olds_shown = (_list(stored), _list(shown)) if same else ([None] * len(given), [None] * len(given))
            return [
                _restored(value, old, old_shown, (*path, position), mistakes)
                for position, (value, old, old_shown) in enumerate(zip(given, olds, olds_shown, strict=True))
            ]
        case str() if HIDDEN in given:
            if given == shown and stored != shown:
                return stored
            mistakes.append(
                Mistake(render_path(path), f"{HIDDEN} keeps what is hidden at its place, and here is none; send it all")
            )
            return given
        case _:
            return given


def _dict(data: Data) -> Mapping[str, Data]:
    return data if isinstance(data, dict) else {}


def _list(data: Data) -> Sequence[Data]:
    return data if isinstance(data, list) else []
