"""Text that PostgreSQL can hold.

It holds every character but U+0000, which occurs in what comes from outside. One character that means nothing between
programs stands for it. Each character is replaced for itself, so that one text is a path prefix of another in the
database if it is one here.
"""

from __future__ import annotations

from typing import Any

MARK = "\ufdd0"
"""A character that Unicode leaves to a program's own use."""

NUL, ITSELF = f"{MARK}0", f"{MARK}1"


class Stored(str):
    """A text as it is stored: of texts that were made so each for itself."""

    __slots__ = ()


def to_store(value: Any) -> Any:
    """Return a text, or the texts of a list, as they are stored; anything else as it is.

    Example:
        >>> to_store(["a", None, 1])
        ['a', None, 1]
    """
    if isinstance(value, str):
        return _marked(value) if ("\0" in value or MARK in value) and not isinstance(value, Stored) else value
    if isinstance(value, list):
        return [to_store(item) if isinstance(item, str) else item for item in value]
    return value


def from_store(text: str) -> str:
    r"""Return a text as it was given.

    Example:
        >>> from_store(to_store("a\0b"))
        'a\x00b'
    """
    return text.replace(NUL, "\0").replace(ITSELF, MARK) if MARK in text else text


def from_store_or_none(text: str | None) -> str | None:
    """Return a text as it was given, if there is one."""
    return None if text is None else from_store(text)


def _marked(text: str) -> str:
    return text.replace(MARK, ITSELF).replace("\0", NUL)
