"""From text to PyYAML's nodes; a text that is not YAML is refused with the place and, where it helps, the cure."""

from __future__ import annotations

import re
from contextlib import suppress

import yaml
from yaml.reader import Reader

from cockpit_gateway.config.hiding import passwords_in_urls, secrets_near
from cockpit_gateway.config.problems import Problem, Span, config_error, split_lines
from cockpit_gateway.errors import ConfigError

DEEPEST = 100
"""Levels of nesting. libyaml composes by recursion and has no bound of its own: 100,000 brackets end the process."""

Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CURES = {
    "mapping values are not allowed": "a value that has a colon and a space in it needs quotes; "
    "otherwise look at the indentation of this line and the one above",
    "undefined alias": "no anchor of this name stands above",
    "another document": "a configuration is one document: remove the second ---",
}
_TAB = "\t"


def compose(text: str, name: str) -> yaml.Node | None:
    """Return the root of a YAML text, None for an empty one.

    Args:
        text: The text.
        name: What to call it in messages.

    Raises:
        ConfigError: it is not YAML, or nested too deeply.
    """
    unprintable = Reader.NON_PRINTABLE.search(text)
    if unprintable is not None:
        line = len(split_lines(text[: unprintable.start()])) - 1
        column = len(split_lines(text[: unprintable.start()])[-1])
        raise refusal(text, name, line, column, f"the character U+{ord(unprintable[0]):04X} is not allowed")
    try:
        place = _too_deep(text)
        if place is not None:
            raise refusal(text, name, *place, f"nested more than {DEEPEST} levels deep")
        loader = Loader(text)
        try:
            return loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        raise _explained(error, text, name) from None


def _too_deep(text: str) -> tuple[int, int] | None:
    """Return line and column of what is nested too deeply, None if nothing is."""
    depth = 0
    for event in yaml.parse(text, Loader=Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST and event.start_mark is not None:
            return event.start_mark.line, event.start_mark.column
    return None


def _explained(error: yaml.MarkedYAMLError, text: str, name: str) -> ConfigError:
    mark, begun, part = error.problem_mark, error.context_mark, _begun_part(error)
    if begun and not text[begun.index :].strip():  # what is missed begins where the text ends: the blame is on another
        begun, part = _left_open(text) or (begun, part)
    if part and begun and mark and not text[mark.index :].strip():
        return refusal(
            text, name, begun.line, begun.column, f"not valid YAML: the {part} that begins here does not end"
        )
    line, column = (mark.line, mark.column) if mark else (0, 0)
    problem = (error.problem or "").removeprefix("but ")
    return refusal(text, name, line, column, f"not valid YAML: {problem}", _cure(error, text))


def _left_open(text: str) -> tuple[yaml.Mark, str] | None:
    """Return where the innermost bracket stands that is not closed, and what it begins."""
    opened: list[tuple[yaml.Mark, str]] = []
    with suppress(yaml.YAMLError):
        for token in yaml.scan(text, Loader=Loader):
            if isinstance(token, yaml.FlowSequenceStartToken | yaml.FlowMappingStartToken):
                opened.append(
                    (token.start_mark, "sequence" if isinstance(token, yaml.FlowSequenceStartToken) else "mapping")
                )
            elif isinstance(token, yaml.FlowSequenceEndToken | yaml.FlowMappingEndToken):
                opened.pop()
    return opened[-1] if opened else None


def _begun_part(error: yaml.MarkedYAMLError) -> str | None:
    found = re.fullmatch(r"while (?:parsing|scanning) an? (?:flow |block )?(.+)", error.context or "")
    return found[1].replace("scalar", "text") if found else None


def _cure(error: yaml.MarkedYAMLError, text: str) -> str | None:
    problem, index = error.problem or "", error.problem_mark.index if error.problem_mark else 0
    if text[: index + 1].endswith("${"):
        return 'within [ ] and { }, a ${VAR} needs quotes: "${VAR}"'
    if "cannot start any token" in problem:
        character = text[index:][:1]
        return f"what begins with {character} needs quotes" if character != _TAB else "use spaces: a tab cannot indent"
    part = _begun_part(error)
    if part and error.context_mark:
        return f"in the {part} that begins at line {error.context_mark.line + 1}"
    return next((cure for part, cure in _CURES.items() if part in problem), None)


def refusal(text: str, name: str, line: int, column: int, message: str, note: str | None = None) -> ConfigError:
    """Return the error for a text that cannot be read to its end.

    Args:
        text: The text.
        name: What to call it.
        line: Where, counted from 0.
        column: Where, counted from 0.
        message: What is wrong.
        note: How to cure it.
    """
    lines = split_lines(text)
    if line >= len(lines):  # libyaml ends a text with a line of its own
        line, column = len(lines) - 1, len(lines[-1])
    hidden = {*passwords_in_urls(lines), *secrets_near(line, lines)}
    return config_error([Problem((), Span(line, column, line, column + 1), message, note)], name, text, hidden)
