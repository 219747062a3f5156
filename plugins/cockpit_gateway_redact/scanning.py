"""Scanning: tells from an event's bytes alone that there is nothing to mask, which is so for nearly all events."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable

from cockpit_gateway_redact.rules import Rule

Scan = Callable[[bytes], bool]

_ESCAPES = "u00[2-7]"
r"""An ASCII character written as `\u00..`, which PHP never does: a key or text could hide from a scan behind it."""

_NAME = re.compile(r"(?=\d*[A-Za-z_])\w+", re.ASCII)
_LITERAL_BEGINNING = re.compile(r"(?:\\[$.-]|[\w ])(?:\\[$.-]|[\w ]|\[[\w-]+\])*(?![?*+{])", re.ASCII)
"""What begins a regular expression and stands in JSON as it is, one character per item."""


def scan_for(rules: Iterable[Rule]) -> Scan:
    """Return what tells whether some rules could mask anything in an event with this body.

    Args:
        rules: The rules that speak of the event.

    Example:
        >>> scan_for([Rule(events=["error"], paths=["0.password"])])(b'{"event":"error","args":[{"line":1}]}')
        False
    """
    traces = [trace for rule in rules for trace in _traces(rule)]
    if not all(traces):
        return _always
    searches = [(first.encode(), re.compile("|".join(found).encode()).search) for first, found in _grouped(traces)]

    def may_mask(body: bytes) -> bool:
        for first, search in searches:  # noqa: SIM110 - `any` would cost as much as the searches
            if first in body and search(body):
                return True
        return False

    return may_mask


def _always(_: bytes) -> bool:
    return True


def _grouped(traces: list[str]) -> Iterable[tuple[str, list[str]]]:
    """Group by the first character: the search for what begins with one known character is the quickest."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for trace in dict.fromkeys([*traces, _ESCAPES]):
        groups[trace.removeprefix("\\")[0]].append(trace)
    return groups.items()


def _traces(rule: Rule) -> list[str]:
    """Return expressions of which one matches the body if the rule masks anything; "" stands for no expression."""
    return [*map(_trace_of_path, rule.paths), *(_trace_of_value(value.pattern) for value in rule.values)]


def _trace_of_path(path: str) -> str:
    """Return the last key on the path in quotes: a number may be an index, and any other key may be escaped in JSON."""
    names = [part for part in path.split(".") if _NAME.fullmatch(part)]
    return f'"{names[-1]}"' if names else ""


def _trace_of_value(pattern: str) -> str:
    found = _LITERAL_BEGINNING.match(pattern)
    return found[0] if found and "|" not in pattern else ""
