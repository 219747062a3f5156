"""Types of settings that are quantities: durations, sizes, rates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from cockpit_gateway.config.sentences import got
from cockpit_gateway.targets import Rate

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SIZES = {"B": 1, "KB": 1000, "MB": 1000**2, "GB": 1000**3, "KIB": 1024, "MIB": 1024**2, "GIB": 1024**3}
_NUMBER = r"([0-9]{1,12}(?:\.[0-9]{1,9})?)"
_PLAIN = re.compile(_NUMBER)
_PART = re.compile(rf"{_NUMBER}\s*(ms|s|m|h|d)\s*")
_DURATION = re.compile(rf"(?:{_PART.pattern})+")
_SIZE = re.compile(rf"{_NUMBER}\s*([A-Za-z]+)")
_RATE = re.compile(rf"{_NUMBER}\s*/\s*(s|m|h|d)")
_TOO_MUCH = 10**12


def parse_duration(value: object) -> float:
    """Return a duration in seconds.

    Args:
        value: "30s", "5m", "1h30m", "1.5s", "250ms", or a number of seconds.

    Raises:
        ValueError: it is none.

    Example:
        >>> parse_duration("1h30m")
        5400.0
    """
    number = _plain_number(value)
    if number is not None:
        return number
    text = value.strip() if isinstance(value, str) else ""
    if not _DURATION.fullmatch(text):
        raise ValueError(f"expected a duration like 30s, 5m or 1h30m, {got(value)}")
    return sum(float(amount) * _UNITS[unit] for amount, unit in _PART.findall(text))


def parse_size(value: object) -> int:
    """Return a size in bytes.

    Args:
        value: "16 MiB", "500 kB", or a number of bytes.

    Raises:
        ValueError: it is none.

    Example:
        >>> parse_size("16 MiB")
        16777216
    """
    number = _plain_number(value)
    if number is not None and number.is_integer():
        return int(number)
    found = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or found[2].upper() not in _SIZES:
        raise ValueError(f"expected a size like 16 MiB or 500 kB, {got(value)}")
    return int(float(found[1]) * _SIZES[found[2].upper()])


def parse_rate(value: object) -> Rate:
    """Return a rate.

    Args:
        value: "50/s", "100/m" or "5/h".

    Raises:
        ValueError: it is none.

    Example:
        >>> parse_rate("90/m").per_second
        1.5
    """
    found = _RATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or float(found[1]) <= 0:
        raise ValueError(f"expected a rate like 50/s, 100/m or 5/h, {got(value)}")
    return Rate(float(found[1]), _UNITS[found[2]])


def written_duration(seconds: float) -> str:
    """Return a duration as a person writes it.

    Example:
        >>> written_duration(5400), written_duration(0.25), written_duration(0)
        ('1h30m', '250ms', '0s')
    """
    left, parts = round(seconds * 1000), ""
    for unit, length in reversed(_UNITS.items()):
        count, left = divmod(left, round(length * 1000))
        parts += f"{count}{unit}" if count else ""
    return parts or "0s"


def written_size(size: int) -> str:
    """Return a size as a person writes it.

    Example:
        >>> written_size(16777216), written_size(500)
        ('16 MiB', '500 B')
    """
    power = next((power for power in (3, 2, 1) if size and size % 1024**power == 0), 0)
    return f"{size // 1024**power} {('B', 'KiB', 'MiB', 'GiB')[power]}"


def written_rate(rate: Rate) -> str:
    """Return a rate as a person writes it.

    Example:
        >>> written_rate(Rate(100, per=60.0))
        '100/m'
    """
    unit = next((unit for unit, length in _UNITS.items() if length == rate.per), "s")
    return f"{rate.count if unit != 's' else rate.per_second:g}/{unit}"


def written_as(metadata: Iterable[object]) -> Callable[[Any], str] | None:
    """Return what writes a field's values, if they are durations or sizes.

    Args:
        metadata: The field's.
    """
    forms: dict[object, Callable[[Any], str]] = {parse_duration: written_duration, parse_size: written_size}
    validators = [found.func for found in metadata if isinstance(found, BeforeValidator)]
    return next((forms[function] for function in validators if function in forms), None)


def _plain_number(value: object) -> float | None:
    """Return a number that is neither negative nor absurd, also as text: the environment has nothing else."""
    if isinstance(value, str) and _PLAIN.fullmatch(value.strip()):
        return float(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _TOO_MUCH:
        return float(value)
    return None


Duration = Annotated[
    float,
    BeforeValidator(parse_duration),
    WithJsonSchema({"type": ["string", "number"], "examples": ["30s", "5m", "1h30m"]}),
]
"""A duration; seconds."""

Size = Annotated[
    int, BeforeValidator(parse_size), WithJsonSchema({"type": ["string", "integer"], "examples": ["16 MiB", "500 kB"]})
]
"""A size; bytes."""

RateSetting = Annotated[
    Rate, BeforeValidator(parse_rate), WithJsonSchema({"type": "string", "examples": ["50/s", "100/m", "5/h"]})
]
"""A rate limit."""
