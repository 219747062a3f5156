"""Rules: what is masked in which events, and why."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Annotated, Self

import yaml
from pydantic import AfterValidator, Field, TypeAdapter, ValidationInfo, model_validator

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.config import AcceptedEvent, PluginConfig, catalogue_of

ANY_DEPTH = "**"
_PATH = r"^(\d+|\*{1,2})(\.[^.]+)*$"


def _check_events(pattern: str, info: ValidationInfo) -> str:
    """Refuse what names one collection, form or singleton: its events also come under their generic name."""
    catalogue = catalogue_of(info)
    generic = [*(entry.generic_name for entry in catalogue.entries.values()), *catalogue.custom]
    if catalogue.is_custom(pattern) or any(fnmatchcase(name, pattern) for name in generic):
        return pattern
    match = catalogue.match(pattern)
    cure = f"write {match.entry.generic_name!r}" if match else "leave out the last part of the name"
    raise ValueError(f"a rule speaks of all collections, forms and singletons: {cure}")


def _check_path(path: str) -> str:
    if not re.fullmatch(_PATH, path):
        raise ValueError(
            f'{path!r} does not begin with an argument: write "0.{path}" for what is in the first one, '
            f'"**.{path}" for any depth'
        )
    if path.rpartition(".")[2] == ANY_DEPTH:
        raise ValueError("a path ends with what is masked; ** stands for what is above it")
    return path


def _check_value(pattern: re.Pattern[str]) -> re.Pattern[str]:
    if pattern.search(""):
        raise ValueError("a text without any character matches, so that every text would")
    return pattern


EventNames = Annotated[AcceptedEvent, AfterValidator(_check_events)]
Path = Annotated[
    str, AfterValidator(_check_path), Field(examples=["1.email", "**.ssn"], json_schema_extra={"pattern": _PATH})
]
Value = Annotated[re.Pattern[str], AfterValidator(_check_value), Field(examples=["[A-Z]{2}[0-9]{20}"])]


class Rule(PluginConfig):
    """What to mask in some events."""

    events: list[EventNames] = Field(
        min_length=1, description="Names of events, without the collection, form or singleton, or patterns."
    )
    paths: list[Path] = Field(
        default=[],
        description='Paths into `args`: "1.email" is the key "email" of the second argument, "*" any one key or index, '
        '"**.email" the key at any depth.',
    )
    values: list[Value] = Field(
        default=[], description="Regular expressions: what they match in a text is masked, wherever the text stands."
    )
    why: str = Field("", description="For whoever reads the file.")

    def covers(self, name: str) -> bool:
        """Tell whether the rule speaks of an event, given its generic name."""
        return any(fnmatchcase(name, pattern) for pattern in self.events)

    @model_validator(mode="after")
    def _masks_something(self) -> Self:
        if not self.paths and not self.values:
            raise ValueError("the rule masks nothing: give it paths or values")
        return self


@cache
def built_in_rules() -> tuple[Rule, ...]:
    """Return the rules that this package comes with, from its rules.yaml."""
    text = (files("cockpit_gateway_redact") / "rules.yaml").read_text()
    return tuple(TypeAdapter(list[Rule]).validate_python(yaml.safe_load(text), context={"catalogue": Catalogue()}))
