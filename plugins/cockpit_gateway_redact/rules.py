"""Rules: which parts of which events are masked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Annotated, TypeAlias

import yaml
from pydantic import AfterValidator, Field, StringConstraints, TypeAdapter, ValidationInfo

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.config import PluginConfig, catalogue_of

HASH = re.compile(r"\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}|\$argon2(?:id|i|d)\$[^\s\"'\\]+")
"""A password hash as PHP's password_hash writes it: bcrypt, or argon2."""

ANY_DEPTH = "**"
ANY_ITEM = "*"

Path: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^(\d+|\*|\*\*)(\.[^.]+)*$", min_length=1), Field(examples=["1.email", "**.ssn"])
]


def _check_events(pattern: str, info: ValidationInfo) -> str:
    """Unlike an endpoint's pattern, a rule's may match noise: secrets are in that most of all."""
    catalogue = catalogue_of(info)
    names = [entry.generic_name for entry in catalogue.entries.values()]
    if any(fnmatchcase(name, pattern) for name in names) or catalogue.is_custom(pattern):
        return pattern
    suggestion = catalogue.suggest(pattern)
    raise ValueError(f"unknown event {pattern!r}" + (f", did you mean {suggestion!r}?" if suggestion else ""))


Events: TypeAlias = Annotated[str, AfterValidator(_check_events)]


class Rule(PluginConfig):
    """What to mask in some events."""

    events: Annotated[tuple[Events, ...], Field(min_length=1)] = Field(
        description="Names of events, without the collection, form or singleton, or patterns."
    )
    paths: tuple[Path, ...] = Field(
        default=(),
        description='Paths into `args`: "1.email" is the key "email" of the second argument, "*" every item of a list '
        'or object, "**.email" the key at any depth.',
    )
    hashes: bool = Field(default=False, description="Mask password hashes, wherever they stand.")
    why: str = Field("", description="For whoever reads the file.")

    def covers(self, generic_name: str) -> bool:
        """Tell whether the rule speaks of an event."""
        return any(fnmatchcase(generic_name, pattern) for pattern in self.events)


class Mask:
    """The rules that speak of one event, ready to be applied.

    Args:
        rules: Those rules.

    Attributes:
        paths: Paths from the top, in parts; `ANY_ITEM` stands for every key or index.
        keys: Keys that are masked at any depth.
        hashes: True if password hashes are masked.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        chosen = list(rules)
        written = [path.split(".") for rule in chosen for path in rule.paths]
        self.paths = [tuple(parts) for parts in written if parts[0] != ANY_DEPTH]
        self.keys = frozenset(parts[-1] for parts in written if parts[0] == ANY_DEPTH)
        self.hashes = any(rule.hashes for rule in chosen)
        self._scan = re.compile(b"|".join(self._traces()))

    def may_hit(self, body: bytes) -> bool:
        """Tell, from the bytes alone, whether the mask could change anything."""
        return self._scan.search(body) is not None

    def _traces(self) -> Sequence[bytes]:
        # An escaped letter or dollar sign could hide a key or a hash from this scan, so it counts as a trace.
        traces = [rb"\\u00[2-7]", *(b'"' + re.escape(key).encode() + b'"' for key in self.keys)]
        if self.hashes:
            traces += [rb"\$2[abxy]?\$", rb"\$argon2"]
        for path in self.paths:
            last = path[-1]
            traces.append(b"" if last == ANY_ITEM or last.isdecimal() else b'"' + re.escape(last).encode() + b'"')
        return traces


@cache
def built_in_rules() -> tuple[Rule, ...]:
    """Return the rules that this package comes with."""
    text = (files("cockpit_gateway_redact") / "rules.yaml").read_text()
    return tuple(TypeAdapter(list[Rule]).validate_python(yaml.safe_load(text), context={"catalogue": Catalogue()}))
