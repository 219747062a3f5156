"""From a scalar of the YAML text to its value: PyYAML's reading of numbers and words, then `${VAR}` and `!file`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from yaml.constructor import SafeConstructor

_STANDARD = "tag:yaml.org,2002:"
_TEXT_TAGS = frozenset({"str", "value", "merge"})
_KINDS = {
    "null": "null",
    "bool": "true or false",
    "int": "a number",
    "float": "a number",
    "timestamp": "a date",
    "binary": "base64",
}
_VARIABLE = re.compile(r"\$\$|\$\{(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\})?")
_SURROGATE = re.compile("[\ud800-\udfff]")
FILE_TAG = "!file"


class Scalar(NamedTuple):
    """A scalar's value, and what is to be known about it.

    Attributes:
        value: The value.
        secrets: What came from the environment or a file.
        mistakes: What is wrong; the value is then a stand-in.
    """

    value: str | int | float | bool | date | bytes | None
    secrets: tuple[str, ...] = ()
    mistakes: tuple[str, ...] = ()


def read_scalar(node: yaml.ScalarNode, directory: Path, environ: Mapping[str, str]) -> Scalar:
    """Return a scalar's value.

    Args:
        node: The scalar.
        directory: What a `!file` path is relative to.
        environ: Where `${VAR}` is looked up.
    """
    if node.tag == FILE_TAG:
        return _read_file(node.value, directory, environ)
    kind = node.tag.removeprefix(_STANDARD)
    if kind in _TEXT_TAGS:
        return expand(node.value, environ)
    if kind not in _KINDS:
        return Scalar("", mistakes=(unknown_tag(node.tag),))
    constructor: Any = SafeConstructor()
    try:
        return Scalar(constructor.construct_object(node))
    except Exception:  # noqa: BLE001 - PyYAML raises KeyError, AttributeError and others for a tag that does not fit
        return Scalar("", mistakes=(f"YAML takes this for {_KINDS[kind]}, and it is not; put text in quotes",))


def unknown_tag(tag: str) -> str:
    """Return the message about a tag that means nothing here."""
    return f"unknown tag {tag.replace(_STANDARD, '!!')}; the only one is {FILE_TAG}"


def expand(text: str, environ: Mapping[str, str]) -> Scalar:
    """Return a text with its `${VAR}` and `${VAR:-default}` replaced; `$$` is a dollar sign.

    Example:
        >>> expand("${GREETING:-hello}, ${NAME}", {"NAME": "world"}).value
        'hello, world'
    """
    secrets: list[str] = []
    mistakes: list[str] = []

    def replace(found: re.Match[str]) -> str:
        name, default = found["name"], found["default"]
        if found[0] == "$$":
            return "$"
        if name is None:
            mistakes.append("expected ${NAME} or ${NAME:-default}; write $${ for the characters themselves")
            return ""
        value = environ.get(name)
        if value is None and default is None:
            mistakes.append(f"the environment variable {name} is not set; ${{{name}:-…}} would give it a default")
        if not value:
            return default or ""
        secrets.append(value)
        return value

    expanded = _VARIABLE.sub(replace, text)
    if _SURROGATE.search(expanded):
        mistakes.append("not valid Unicode text; what the environment holds has to be UTF-8")
    return Scalar(expanded, tuple(secrets), tuple(mistakes))


def variables(written: str) -> list[str]:
    """Return the names of the environment variables that a scalar refers to.

    Example:
        >>> variables("${USER}@${HOST:-localhost}, $${PRICE}")
        ['USER', 'HOST']
    """
    return [found["name"] for found in _VARIABLE.finditer(written) if found["name"]]


def beside_variables(written: str) -> str:
    """Return what a scalar holds beside references to the environment, which is perhaps a secret itself.

    Example:
        >>> beside_variables("Bearer ${TOKEN:-s3cret}")
        'Bearer s3cret'
    """
    return _VARIABLE.sub(lambda found: found["default"] or "", written)


def _read_file(name: str, directory: Path, environ: Mapping[str, str]) -> Scalar:
    expanded = expand(name, environ)
    if expanded.mistakes:
        return expanded
    shown = directory / name  # as written: what the environment holds may be a secret
    try:
        text = (directory / str(expanded.value)).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return Scalar("", mistakes=(f"{shown} is not UTF-8 text",))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        return Scalar("", mistakes=(f"{shown} cannot be read: {reason}",))
    text = text.removesuffix("\n").removesuffix("\r")
    return Scalar(text, (text,) if text else ())
