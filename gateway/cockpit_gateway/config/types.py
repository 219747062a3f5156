"""Types of settings: durations, sizes, rates, retry schedules, event names."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, SecretStr, ValidationInfo, WithJsonSchema

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.targets import Rate, RetrySchedule

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d)\s*)+")
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SIZES = {"": 1, "B": 1, "KB": 1000, "MB": 1000**2, "GB": 1000**3, "KIB": 1024, "MIB": 1024**2, "GIB": 1024**3}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)")
_RATE = re.compile(r"(\d+(?:\.\d+)?)\s*/\s*(s|m|h|d)")
LONGEST_SCHEDULE = 100


def parse_duration(value: object) -> float:
    """Return a duration in seconds.

    Args:
        value: "30s", "5m", "1h30m", "250ms", or a number of seconds.

    Example:
        >>> parse_duration("1h30m")
        5400.0
    """
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf"):
        return float(value)
    if isinstance(value, str) and _DURATION.fullmatch(value.strip()):
        return sum(float(number) * _UNITS[unit] for number, unit in _DURATION_PART.findall(value))
    raise ValueError(f"not a duration like 30s, 5m or 1h30m: {value!r}")


def parse_size(value: object) -> int:
    """Return a size in bytes.

    Args:
        value: "16 MiB", "500kB", or a number of bytes.

    Example:
        >>> parse_size("16 MiB")
        16777216
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    found = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or found[2].upper() not in _SIZES:
        raise ValueError(f"not a size like 16 MiB: {value!r}")
    return int(float(found[1]) * _SIZES[found[2].upper()])


def parse_rate(value: object) -> Rate:
    """Return a rate.

    Args:
        value: "50/s", "100/m" or "5/h".

    Example:
        >>> parse_rate("90/m").per_second
        1.5
    """
    found = _RATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or float(found[1]) <= 0:
        raise ValueError(f"not a rate like 50/s or 100/m: {value!r}")
    return Rate(float(found[1]), _UNITS[found[2]])


def parse_retry(value: object) -> RetrySchedule:
    """Return a retry schedule.

    Args:
        value: A list of delays before each attempt, the first one usually 0s; or a mapping of `first`, `factor`,
            `longest` and `attempts` for one that grows exponentially.

    Example:
        >>> parse_retry(["0s", "1m"]).delays
        (0.0, 60.0)
    """
    if isinstance(value, list) and 0 < len(value) <= LONGEST_SCHEDULE:
        return RetrySchedule(tuple(parse_duration(item) for item in value))
    if isinstance(value, dict):
        return _exponential(value)
    raise ValueError(
        f"not a retry schedule: a list of 1 to {LONGEST_SCHEDULE} delays, or a mapping of "
        "first, factor, longest and attempts"
    )


def _exponential(value: dict[str, Any]) -> RetrySchedule:
    parsers: dict[str, Callable[[object], Any]] = {
        "first": parse_duration,
        "factor": _factor,
        "longest": parse_duration,
        "attempts": _attempts,
    }
    unknown = sorted(set(value) - set(parsers))
    if unknown:
        raise ValueError(f"unknown key {unknown[0]!r}; an exponential schedule has {', '.join(parsers)}")
    return RetrySchedule.exponential(**{name: parsers[name](given) for name, given in value.items()})


def _factor(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 1 <= value <= 1000:
        return float(value)
    raise ValueError(f"factor is a number from 1 to 1000, not {value!r}")


def _attempts(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LONGEST_SCHEDULE:
        return value
    raise ValueError(f"attempts is a whole number from 1 to {LONGEST_SCHEDULE}, not {value!r}")


def catalogue_of(info: ValidationInfo) -> Catalogue:
    """Return the catalogue that a configuration is validated against."""
    context = info.context
    return context["catalogue"] if context else Catalogue()


def _check_event(name: str, info: ValidationInfo) -> str:
    catalogue = catalogue_of(info)
    if catalogue.is_known(name) or (set("*?[") & set(name) and catalogue.matching(name)):
        return name
    suggestion = catalogue.suggest(name)
    cure = f"did you mean {suggestion!r}?" if suggestion else "declare an add-on's own event under custom_events"
    raise ValueError(f"unknown event {name!r}, {cure}")


Duration = Annotated[
    float,
    BeforeValidator(parse_duration),
    WithJsonSchema({"type": ["string", "number"], "examples": ["30s", "5m", "1h30m"]}),
]
"""A duration; seconds."""

Size = Annotated[
    int, BeforeValidator(parse_size), WithJsonSchema({"type": ["string", "integer"], "examples": ["16 MiB"]})
]
"""A size; bytes."""

RateSetting = Annotated[
    Rate, BeforeValidator(parse_rate), WithJsonSchema({"type": "string", "examples": ["50/s", "100/m"]})
]
"""A rate limit."""

RetrySetting = Annotated[
    RetrySchedule,
    BeforeValidator(parse_retry),
    WithJsonSchema(
        {
            "oneOf": [
                {"type": "array", "items": {"type": ["string", "number"]}, "minItems": 1},
                {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "first": {"type": ["string", "number"]},
                        "factor": {"type": "number", "minimum": 1},
                        "longest": {"type": ["string", "number"]},
                        "attempts": {"type": "integer", "minimum": 1},
                    },
                },
            ]
        }
    ),
]
"""A retry schedule."""

Secret = SecretStr
"""Text that prints as `***`."""

EventPattern = Annotated[str, AfterValidator(_check_event)]
"""A known or custom event's name, a per-name variant, or a pattern with `*` that matches a known event."""
