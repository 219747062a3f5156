"""A YAML text as plain data, with the place of every key and value."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path as FilePath

import yaml

from cockpit_gateway.config.hiding import Secrets, is_secret_key, passwords_in_urls
from cockpit_gateway.config.problems import Data, Path, Problem, Span, split_lines
from cockpit_gateway.config.scalars import (
    FILE_TAG,
    Scalar,
    beside_variables,
    expand,
    read_scalar,
    unknown_tag,
    variables,
)
from cockpit_gateway.config.syntax import DEEPEST, compose, refusal
from cockpit_gateway.errors import ConfigError

MOST_VALUES = 100_000
"""Values in a file, those of an alias counted each time; more is a bomb of anchors, not a configuration."""

_MAPPING_TAG = "tag:yaml.org,2002:map"
_SEQUENCE_TAG = "tag:yaml.org,2002:seq"
_MERGE_TAG = "tag:yaml.org,2002:merge"
_TEXT_TAG = "tag:yaml.org,2002:str"
_START = Span(0, 0, 0, 1)


class Document:
    """A YAML text as plain data.

    Args:
        text: The text.
        name: What to call it in messages.
        directory: What `!file` paths are relative to.
        environ: Where `${VAR}` is looked up.

    Attributes:
        data: The data; `{}` for an empty text.
        problems: Mistakes in it that are no matter of its meaning.
        broken: Paths of values that could not be made out; a stand-in takes their place in `data`.
        secrets: What is not to be shown.
        files: The files that `!file` names.

    Raises:
        ConfigError: it is not YAML.
    """

    def __init__(self, text: str, name: str, directory: FilePath, environ: Mapping[str, str]) -> None:
        self.problems: list[Problem] = []
        self.broken: set[Path] = set()
        self.secrets = Secrets(places=set(passwords_in_urls(split_lines(text))))
        self._text = text
        self._name = name
        self._directory = directory
        self._environ = environ
        self._keys: dict[Path, Span] = {}
        self._values: dict[Path, Span] = {}
        self._scalars: dict[Path, tuple[str, str]] = {}
        self.files: set[FilePath] = set()
        self._sources: dict[Path, str] = {}
        self._brought_in: dict[Path, tuple[str, ...]] = {}
        self._count = 0
        node = compose(text, name)
        self.data: Data = {} if node is None else self._build(node, (), ())

    def with_defaults(self, defaults: Data) -> Document:
        """Return the same text with what its data lacks; see `filled`."""
        other = copy.copy(self)
        other.data = filled(self.data, defaults)
        return other

    def span(self, path: Path, *, key: bool = False) -> Span:
        """Return the place of a value, or of its key.

        A value that is empty, or begins on another line than its key, is shown by its key; one that does not stand
        in the text by what it would stand in.
        """
        while path and path not in self._values:
            path = path[:-1]
        value = self._values.get(path, _START)
        name = self._keys.get(path)
        if name is not None and (key or value.line != name.line or value[:2] == value[2:]):
            return name
        return value

    def origin(self, path: Path) -> str | None:
        """Return where a value comes from: the line, and what that brings in; None if it does not stand in the text.

        Example:
            >>> Document("token: ${TOKEN}", "gateway.yaml", FilePath(), {"TOKEN": "s3cret"}).origin(("token",))
            'gateway.yaml:1, environment variable TOKEN'
        """
        if path not in self._values:
            return None
        line = f"{self._name}:{self._values[path].line + 1}"
        return f"{line}, {self._sources[path]}" if path in self._sources else line

    def is_brought_in(self, path: Path) -> bool:
        """Tell whether a value, or a part of it, came from the environment or a file: it is taken for a secret."""
        return bool(self._brought_in.get(path))

    def hide(self, path: Path) -> None:
        """Show nothing of the text at a path, or below it."""
        inside = [path] if path in self._scalars else [place for place in self._scalars if place[: len(path)] == path]
        for place in inside:
            written, read = self._scalars[place]
            if beside_variables(written).strip():
                self.secrets.places.add(self._values[place])
                self.secrets.values |= {written, read}

    def cover(self, path: Path) -> None:
        """Show nothing of what stands below a path, of which nobody can tell whether it is secret."""
        depth = len(path)
        below = [place for place in self._scalars if len(place) > depth and place[:depth] == path]
        self.secrets.places |= {self._values[place] for place in below}

    def _build(self, node: yaml.Node, path: Path, above: tuple[int, ...]) -> Data:
        self._values[path] = _span(node)
        if isinstance(node, yaml.ScalarNode):
            self._count_one(node)
            return self._scalar(node, path)
        inside = self._enter(node, above)
        if isinstance(node, yaml.MappingNode):
            self._expect_tag(node, path, _MAPPING_TAG)
            return self._mapping(node, path, inside)
        self._expect_tag(node, path, _SEQUENCE_TAG)
        return [self._build(item, (*path, position), inside) for position, item in enumerate(node.value)]

    def _mapping(self, node: yaml.MappingNode, path: Path, inside: tuple[int, ...]) -> dict[str, Data]:
        """Return a mapping; what is merged into it comes first, so that its own keys and their places win."""
        built: dict[str, Data] = {}
        for value_node in reversed([value for key, value in node.value if key.tag == _MERGE_TAG]):
            built |= self._merged(value_node, path, inside)
        for key, value_node in self._first_of_each(node, path, inside):
            built[key] = self._build(value_node, (*path, key), inside)
        return built

    def _first_of_each(
        self, node: yaml.MappingNode, path: Path, inside: tuple[int, ...]
    ) -> Sequence[tuple[str, yaml.Node]]:
        """Return a mapping's own keys and values; a duplicate is read only for the secrets and mistakes in it."""
        first: dict[str, yaml.Node] = {}
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE_TAG:
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                self._report(path, "a key is text, not a list or mapping", _span(key_node))
                continue
            key: str = key_node.value
            here = (*path, key)
            if key in first:
                self._build(value_node, here, inside)
                note = f"first set at line {self._keys[here].line + 1}"
                self.problems.append(Problem(here, _span(key_node), "duplicate key", note))
                continue
            first[key] = value_node
            self._keys[here] = _span(key_node)
            if key_node.tag != _TEXT_TAG:
                self._report(here, f'YAML does not take this key for text; write "{key}", in quotes', _span(key_node))
        return list(first.items())

    def _merged(self, node: yaml.Node, path: Path, above: tuple[int, ...]) -> dict[str, Data]:
        inside = self._enter(node, above)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, inside)
        if isinstance(node, yaml.SequenceNode):
            merged: dict[str, Data] = {}
            for item in reversed(node.value):
                merged |= self._merged(item, path, inside)
            return merged
        self._report(path, "<< takes a mapping, or a list of mappings", _span(node))
        return {}

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> Data:
        scalar = read_scalar(node, self._directory, self._environ)
        self.secrets.values.update(scalar.secrets)
        self._note_source(node, scalar, path)
        if node.tag != FILE_TAG:
            self._scalars[path] = (node.value, str(scalar.value))
        if any(isinstance(part, str) and is_secret_key(part) for part in path):
            self.hide(path)
        for mistake in scalar.mistakes:
            self._report(path, mistake, self._values[path])
        return scalar.value

    def _note_source(self, node: yaml.ScalarNode, scalar: Scalar, path: Path) -> None:
        self._brought_in[path] = scalar.secrets
        names = variables(node.value) if isinstance(scalar.value, str) else []
        if node.tag == FILE_TAG:
            self.files.add(self._directory / str(expand(node.value, self._environ).value))
            self._sources[path] = f"{FILE_TAG} {node.value}"
        elif names:
            unset = "" if scalar.secrets else ", not set"
            self._sources[path] = f"environment variable {', '.join(names)}{unset}"

    def _expect_tag(self, node: yaml.Node, path: Path, tag: str) -> None:
        if node.tag == FILE_TAG:
            self._report(path, f"{FILE_TAG} takes the path of a file", self._values[path])
        elif node.tag != tag:
            self._report(path, unknown_tag(node.tag), self._values[path])

    def _enter(self, node: yaml.Node, above: tuple[int, ...]) -> tuple[int, ...]:
        self._count_one(node)
        if id(node) in above or len(above) >= DEEPEST:
            raise self._refused(node, "an anchor contains itself, or aliases nest too deeply")
        return (*above, id(node))

    def _count_one(self, node: yaml.Node) -> None:
        self._count += 1
        if self._count > MOST_VALUES:
            raise self._refused(node, f"aliases make this more than {MOST_VALUES} values")

    def _refused(self, node: yaml.Node, message: str) -> ConfigError:
        return refusal(self._text, self._name, node.start_mark.line, node.start_mark.column, message)

    def _report(self, path: Path, message: str, span: Span) -> None:
        self.problems.append(Problem(path, span, message))
        self.broken.add(path)


def filled(data: Data, defaults: Data) -> Data:
    """Return data with what it lacks; where both say something, the data's holds.

    Example:
        >>> filled({"a": {"b": 1}, "c": None}, {"a": {"b": 2, "d": 3}, "c": {}})
        {'a': {'b': 1, 'd': 3}, 'c': {}}
    """
    if isinstance(data, dict) and isinstance(defaults, dict):
        own = {key: filled(value, defaults.get(key)) for key, value in data.items()}
        return own | {key: value for key, value in defaults.items() if key not in own}
    return defaults if data is None else data


def texts_at(path: Path, data: Data) -> Iterator[str]:
    """Yield the texts that stand at a place or below it, also if they are not in the text of the document."""
    for part in path:
        match data:
            case dict() if isinstance(part, str) and part in data:
                data = data[part]
            case list() if isinstance(part, int) and part < len(data):
                data = data[part]
            case _:
                return
    yield from _texts(data)


def _texts(data: Data) -> Iterator[str]:
    match data:
        case str() if data:
            yield data
        case dict():
            for value in data.values():
                yield from _texts(value)
        case list():
            for value in data:
                yield from _texts(value)
        case _:
            return


def _span(node: yaml.Node) -> Span:
    start, end = node.start_mark, node.end_mark
    return Span(start.line, start.column, end.line, end.column)


def nested_at(path: Path, data: Data) -> dict[str, Data]:
    """Return data that stands at a place.

    Example:
        >>> nested_at(("api", "listen"), "127.0.0.1:8788")
        {'api': {'listen': '127.0.0.1:8788'}}
    """
    first, *others = path
    return {str(first): nested_at(tuple(others), data) if others else data}
