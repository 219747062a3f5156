"""Types of settings that name events and sources."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Annotated, Any

from pydantic import AfterValidator, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema

from cockpit_gateway.catalogue import Catalogue, CatalogueEntry
from cockpit_gateway.config.sentences import did_you_mean


def catalogue_of(info: ValidationInfo) -> Catalogue:
    """Return the catalogue that a configuration is validated against.

    Args:
        info: What pydantic hands to a validator.

    Example:
        >>> catalogue_of(info).is_known("collections.save.after")  # doctest: +SKIP
        True
    """
    return info.context["catalogue"] if info.context else Catalogue()


def _check_event(name: str, info: ValidationInfo) -> str:
    return _check(name, catalogue_of(info), noise=False)


def _check_accepted(name: str, info: ValidationInfo) -> str:
    return _check(name, catalogue_of(info), noise=True)


def _check(name: str, catalogue: Catalogue, *, noise: bool) -> str:
    if catalogue.is_known(name):
        return name
    is_pattern = any(character in name for character in "*?[")
    if is_pattern and any(fnmatchcase(found, name) for found in _names(name, catalogue, noise=noise)):
        return name
    if is_pattern:
        hint = "" if noise else "; a pattern does not match what fires while reading or viewing, which has to be named"
        raise ValueError(f"no event matches {name!r}{hint}")
    suggestion = catalogue.suggest(name)
    cure = f", did you mean {suggestion!r}?" if suggestion else "; declare an add-on's own under custom_events"
    raise ValueError(f"unknown event {name!r}{cure}")


def _names(pattern: str, catalogue: Catalogue, *, noise: bool) -> Iterator[str]:
    """Return names to try a pattern on; of those that vary, with the end that the pattern asks for."""
    yield from catalogue.custom
    end = pattern.rpartition("*")[2].rpartition(".")[2] or "x"
    for entry in catalogue.entries.values():
        if noise or not entry.event.must_be_named:
            yield entry.generic_name
            yield from [f"{entry.generic_name}.{end}"] if _varies(entry) else []


def _varies(entry: CatalogueEntry) -> bool:
    return entry.event.per_name or "{" in entry.event.name


class _KnownNames:
    """Gives editors the known names to complete, and allows any other."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        names = [entry.generic_name for entry in Catalogue().entries.values() if entry.event.fires]
        return {"anyOf": [{"enum": names}, {"type": "string"}]}


EventPattern = Annotated[str, AfterValidator(_check_event), _KnownNames()]
"""A known or custom event's name, a per-name variant, or a pattern with `*` that matches one which is not noise."""

AcceptedEvent = Annotated[str, AfterValidator(_check_accepted), _KnownNames()]
"""A known or custom event's name, a per-name variant, or a pattern with `*` that matches one, noise included."""


def _check_source(name: str, info: ValidationInfo) -> str:
    sources = info.context.get("sources") if info.context else None
    if sources is None or name in sources:
        return name
    raise ValueError(f"there is no source {name!r}{did_you_mean(name, sources)}")


ConfiguredSource = Annotated[str, AfterValidator(_check_source)]
"""Name of one of the configured sources."""
