"""Holds models against a document, and collects every mistake with its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from cockpit_gateway.config.annotations import keys_at, secret_paths
from cockpit_gateway.config.document import Document, texts_at
from cockpit_gateway.config.hiding import is_secret_key
from cockpit_gateway.config.problems import Data, Path, Problem
from cockpit_gateway.config.sentences import nearest_name, sentence

_Model = TypeVar("_Model", bound=BaseModel)


class Validation:
    """One pass over a document.

    Args:
        document: The document.
        context: What the models' validators get as `info.context`.

    Attributes:
        problems: Every mistake so far, the document's own included.
    """

    def __init__(self, document: Document, context: Mapping[str, object]) -> None:
        self.problems: list[Problem] = list(document.problems)
        self._document = document
        self._context = dict(context)

    def model(self, model: type[_Model], data: Data, above: Path = ()) -> _Model | None:
        """Return the validated model, None if there are mistakes.

        Args:
            model: The model.
            data: What to validate.
            above: Where it stands in the document.
        """
        for path in secret_paths(model, data):
            self._document.hide(above + path)
            if above + path not in self._document.broken:  # a stand-in for a file that cannot be read is no secret
                self._document.secrets.values.update(texts_at(path, data))
        try:
            return model.model_validate(data, context=self._context)
        except ValidationError as error:
            self._add_all(error.errors(include_url=False), model, data, above)
        except Exception as error:  # noqa: BLE001 - a plugin's model may raise anything
            self.add(above, f"the plugin's Config failed here with {type(error).__name__}: {error}", at_key=True)
        return None

    def add(self, path: Path, message: str, *, at_key: bool = False, note: str | None = None) -> None:
        """Add a mistake.

        Args:
            path: Where.
            message: What is wrong, and what was meant.
            at_key: True to point at the key, not at its value.
            note: A further line.
        """
        self.problems.append(Problem(path, self._document.span(path, key=at_key), message, note))

    def _add_all(self, details: list[ErrorDetails], model: type[BaseModel], data: Data, above: Path) -> None:
        located = [(above + known_part(detail["loc"], data), detail) for detail in details]
        passed = {path[:depth] for path, detail in located for depth in range(_depth_reached(path, detail))}
        told: dict[Path, list[str]] = {}
        for path, detail in located:
            keys = keys_at(model, detail["loc"][:-1])
            if path in self._document.broken:
                continue
            if detail["type"] == "extra_forbidden":
                self._document.cover(path)
            if _is_about_key(detail):
                self._hide_if_misspelt(path, keys)
                self.add(path, sentence(detail, keys), at_key=True)
            elif path not in passed:  # otherwise another member of a union got further, and only that one matters
                told.setdefault(path, []).append(sentence(detail, keys))
        for path, sentences in told.items():
            self.add(path, ", or: ".join(dict.fromkeys(sentences)))

    def _hide_if_misspelt(self, path: Path, keys: Sequence[str]) -> None:
        """Hide what stands under a key that was meant to be a secret's."""
        if path and is_secret_key(nearest_name(str(path[-1]), keys) or ""):
            self._document.hide(path)


def _is_about_key(detail: ErrorDetails) -> bool:
    return detail["type"] in ("extra_forbidden", "missing") or detail["loc"][-1:] == ("[key]",)


def _depth_reached(path: Path, detail: ErrorDetails) -> int:
    return len(path) + 1 if detail["type"] == "missing" else len(path)


def known_part(location: tuple[int | str, ...], data: Data) -> Path:
    """Return the part of pydantic's location that stands in the data; it names members of unions, too.

    Example:
        >>> known_part(("retry", "growing", "factor"), {"retry": {"factor": "x"}})
        ('retry', 'factor')
    """
    path: Path = ()
    for part in location:
        match data:
            case dict() if isinstance(part, str) and part in data:
                data = data[part]
            case list() if isinstance(part, int) and part < len(data):
                data = data[part]
            case _:
                continue
        path += (part,)
    return path
