"""What must not be shown: secrets written into the file, and what `${VAR}` and `!file` bring in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from cockpit_gateway.config.problems import HIDDEN, Data, Problem, Span
from cockpit_gateway.config.scalars import beside_variables

SHORTEST = 4
"""Characters; a shorter value is hidden only where it is quoted, or it would blot out parts of ordinary words."""

_KEY = r"(?:[\w-]*[_-])?(?:tokens?|secrets?|passwords?|passwd|bearer|authorization|api[_-]?keys?|cookie)"
_SECRET_KEY = re.compile(_KEY, re.IGNORECASE)
_SECRET_ENTRY = re.compile(rf"(?<![\w-]){_KEY}[\"']?\s*:\s*", re.IGNORECASE)
_PUNCTUATION = " -[]{},\"'"
_USER_INFO = re.compile(r"://([^/\s?#\"']+)@")
_DATABASE = re.compile(r"\bpostgres(?:ql)?:/*(.+)@")
"""All up to the line's last @: a password may have signs in it that do not belong into a URL."""

_QUERY = re.compile(r"://[^\s?#\"']*\?([^\s#\"']+)")


@dataclass(slots=True)
class Secrets:
    """What is not to be shown.

    Attributes:
        places: Where the text itself holds secrets.
        values: Secrets, wherever they come from.
    """

    places: set[Span] = field(default_factory=set[Span])
    values: set[str] = field(default_factory=set[str])

    def out_of(self, problem: Problem) -> Problem:
        """Return a problem whose message holds no secret, and is one line."""
        return replace(problem, message=" ".join(self.out_of_text(problem.message).split()))

    def out_of_text(self, text: str) -> str:
        """Return a text that holds no secret."""
        for value in sorted(self.values, key=len, reverse=True):
            text = text.replace(repr(value), HIDDEN)
            if len(value) >= SHORTEST:
                text = text.replace(value, HIDDEN)
        return text


def is_secret_key(key: str) -> bool:
    """Tell whether what stands under a key is a secret."""
    return _SECRET_KEY.fullmatch(key) is not None


def passwords_in_urls(lines: Iterable[str]) -> Iterator[Span]:
    """Find what stands before the @ of a URL, and its query: a key often stands there."""
    for number, line in enumerate(lines):
        told = 0
        patterns = (_DATABASE, _USER_INFO, _QUERY)
        for begin, end in sorted(found.span(1) for pattern in patterns for found in pattern.finditer(line)):
            if end > told:
                yield Span(number, max(begin, told), number, end)
                told = end


def without_passwords(text: str) -> str:
    """Return a text without what stands before the @ of a URL in it, and without its query.

    Example:
        >>> without_passwords("socks5://user:pass@proxy:1080")
        'socks5://***@proxy:1080'
    """
    for place in sorted(passwords_in_urls([text]), reverse=True):
        text = f"{text[: place.column]}{HIDDEN}{text[place.end_column :]}"
    return text


def as_shown(value: Data, *, is_secret: bool) -> Data:
    """Return one value as it may be shown: `***` for a secret, a time as JSON has it; what is empty hides nothing.

    Example:
        >>> as_shown("https://example.org?key=swordfish", is_secret=False), as_shown("swordfish", is_secret=True)
        ('https://example.org?***', '***')
    """
    if value in (None, "", [], {}):
        return value
    if is_secret:
        return HIDDEN
    if isinstance(value, date):
        return value.isoformat()
    return without_passwords(value) if isinstance(value, str) else value


def secrets_near(number: int, lines: Sequence[str]) -> Iterator[Span]:
    """Find what may be a secret in a line of a text that is not valid YAML, by the keys in it and above it."""
    line = lines[number]
    entry = _SECRET_ENTRY.search(line)
    start = _indent(line) if entry is None else entry.end()
    if not beside_variables(line[start:]).strip(_PUNCTUATION):
        return
    if entry is not None or any(_SECRET_ENTRY.search(above) for above in _above(number, lines)):
        yield Span(number, start, number, len(line))


def _above(number: int, lines: Sequence[str]) -> Iterator[str]:
    """Return the lines that a line stands under, by their indentation; a list may stand as far left as its key."""
    indent = _indent(lines[number])
    is_item = lines[number].lstrip().startswith("-")
    for line in reversed(lines[:number]):
        same = is_item and _indent(line) == indent and not line.lstrip().startswith("-")
        if line.strip() and (_indent(line) < indent or same):
            indent = _indent(line)
            is_item = line.lstrip().startswith("-")
            yield line


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
