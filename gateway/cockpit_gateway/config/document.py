"""YAML to plain data and the place of every key and value.

PyYAML's nodes give the positions. `${VAR}` and `!file` are resolved here; what they bring in is a secret, and is
never shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path as FilePath

import yaml

from cockpit_gateway.config.problems import Path, Problem, Secrets, Span

_VARIABLE = re.compile(r"\$\$|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}")
_SECRET_KEY = re.compile(r"(^|_)(tokens?|secrets?|passwords?|bearer|authorization|api_?key)$", re.IGNORECASE)
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MOST_VALUES = 100_000
"""Values in a file, aliases counted each time; more is a bomb of anchors, not a configuration."""


class Document:
    """A YAML text as plain data.

    Args:
        text: The text.
        directory: What `!file` paths are relative to.
        environ: Where `${VAR}` is looked up.

    Attributes:
        data: The data; `{}` for an empty text.
        problems: Mistakes found so far.
        secrets: What is not to be shown.
    """

    def __init__(self, text: str, directory: FilePath, environ: Mapping[str, str]) -> None:
        self.problems: list[Problem] = []
        self.secrets = Secrets()
        self._directory = directory
        self._environ = environ
        self._keys: dict[Path, Span] = {}
        self._values: dict[Path, Span] = {}
        self._count = 0
        self.data: object = {}
        node = self._compose(text)
        if node is not None:
            self.data = self._build(node, (), ())

    def span(self, path: Path, *, key: bool = False) -> Span:
        """Return the place of a value, or of its key; of the nearest one above it if it has none."""
        places = self._keys if key else self._values
        while path and path not in places:
            path = path[:-1]
            places = self._values
        return places.get(path, Span(0, 0, 0, 1))

    def _compose(self, text: str) -> yaml.Node | None:
        try:
            loader = _Loader(text)
            try:
                return loader.get_single_node()
            finally:
                loader.dispose()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line, mark.column) if mark else (0, 0)
            what = f"not valid YAML: {error.problem or error.context}"
            self.problems.append(Problem((), Span(line, column, line, column + 1), what))
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            self.problems.append(Problem((), Span(0, 0, 0, 1), f"not valid YAML: {' '.join(str(error).split())}"))
        return None

    def _build(self, node: yaml.Node, path: Path, above: tuple[int, ...]) -> object:
        self._values[path] = _span(node)
        self._count += 1
        if self._count > MOST_VALUES or id(node) in above or len(above) > 100:
            self._report(path, "the file is nested too deeply, or its anchors repeat each other without end")
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, (*above, id(node)))
        if isinstance(node, yaml.SequenceNode):
            return [
                self._build(item, (*path, position), (*above, id(node))) for position, item in enumerate(node.value)
            ]
        assert isinstance(node, yaml.ScalarNode)  # noqa: S101 - YAML has no fourth kind
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: Path, above: tuple[int, ...]) -> dict[str, object]:
        built: dict[str, object] = {}
        merged: dict[str, object] = {}
        for key_node, value_node in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                merged |= self._merged(value_node, path, above)
                continue
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if not isinstance(key, str):
                self.problems.append(Problem(path, _span(key_node), "a key has to be a plain word"))
                continue
            here = (*path, key)
            if key in built:
                first = self._keys[here].line + 1
                self.problems.append(Problem(here, _span(key_node), "duplicate key", f"first set at line {first}"))
                continue
            self._keys[here] = _span(key_node)
            built[key] = self._build(value_node, here, above)
        return merged | built

    def _merged(self, node: yaml.Node, path: Path, above: tuple[int, ...]) -> dict[str, object]:
        if isinstance(node, yaml.SequenceNode):
            merged: dict[str, object] = {}
            for item in reversed(node.value):
                merged |= self._merged(item, path, above)
            return merged
        if isinstance(node, yaml.MappingNode) and id(node) not in above:
            return self._mapping(node, path, (*above, id(node)))
        self.problems.append(Problem(path, _span(node), "`<<` takes a mapping or a list of mappings"))
        return {}

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> object:
        if node.tag == "!file":
            return self._read_file(node.value, path)
        if node.tag.startswith("!"):
            self._report(path, f"unknown tag {node.tag}; the only one is !file")
            return None
        if node.tag == "tag:yaml.org,2002:str":
            return self._expand(node.value, path)
        try:
            constructor = _Loader("")
            try:
                value: object = constructor.construct_object(node)
            finally:
                constructor.dispose()
        except (ValueError, OverflowError, yaml.YAMLError) as error:
            self._report(path, f"not a value: {' '.join(str(error).split())}")
            return None
        return value if isinstance(value, str | int | float | bool | None) else node.value

    def _expand(self, text: str, path: Path) -> str:
        def replace(found: re.Match[str]) -> str:
            if found[0] == "$$":
                return "$"
            value = self._environ.get(found["name"])
            if not value and found["default"] is not None:
                return found["default"]
            if value is None:
                self._report(path, f"the environment variable {found['name']} is not set")
                return ""
            self.secrets.values.add(value)
            return value

        expanded = _VARIABLE.sub(replace, text)
        if "${" not in text and any(isinstance(part, str) and _SECRET_KEY.search(part) for part in path):
            self.secrets.places.add(self._values[path])
            self.secrets.values.add(text)
        return expanded

    def _read_file(self, name: str, path: Path) -> str:
        try:
            text = (self._directory / name).read_text().removesuffix("\n").removesuffix("\r")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not text"
            self._report(path, f"cannot read the file {name}: {reason}")
            return ""
        self.secrets.values.add(text)
        return text

    def _report(self, path: Path, message: str) -> None:
        self.problems.append(Problem(path, self._values[path], message))


def _span(node: yaml.Node) -> Span:
    start, end = node.start_mark, node.end_mark
    return Span(start.line, start.column, end.line, end.column)
