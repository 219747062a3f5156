"""Which names of events a configuration may hold."""

from __future__ import annotations

import pytest
from pydantic import ValidationError, ValidationInfo, field_validator

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.config import EventPattern, PluginConfig, catalogue_of
from cockpit_gateway.config.names import AcceptedEvent

CATALOGUE = Catalogue(["shop.order.paid", "shop.order.*", "stock.low"])


class Section(PluginConfig):
    wanted: EventPattern = "error"
    accepted: AcceptedEvent = "error"


def refusal(**given: str) -> str:
    with pytest.raises(ValidationError) as refused:
        Section.model_validate(given, context={"catalogue": CATALOGUE})
    [error] = refused.value.errors()
    return error["msg"].removeprefix("Value error, ")


@pytest.mark.parametrize(
    "name",
    [
        "collections.save.after",
        "collections.save.after.posts",
        "collections.save.after.we ird.name",
        "collections.save.after.*",
        "collections.*",
        "collections.*.posts",
        "*.posts",
        "collections.save.?????",
        "collections.[rs]*.after",
        "*",
        "cockpit.bootstrap",
        "collections.find.after.posts",
        "shop.order.paid",
        "shop.order.sent",
        "shop.order.*",
        "shop.*",
        "stock.*",
        "cockpit.rest.authenticate",
    ],
)
def test_known_names_and_patterns(name: str) -> None:
    section = Section.model_validate({"wanted": name, "accepted": name}, context={"catalogue": CATALOGUE})

    assert (section.wanted, section.accepted) == (name, name)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("collection.save.after", "unknown event 'collection.save.after', did you mean 'collections.save.after'?"),
        ("Collections.save.after", "unknown event 'Collections.save.after', did you mean"),
        ("stock.lwo", "unknown event 'stock.lwo', did you mean 'stock.low'?"),
        ("xyzzy", "unknown event 'xyzzy'; declare an add-on's own under custom_events"),
        ("", "unknown event ''; declare"),
        ("collection.*", "no event matches 'collection.*'"),
    ],
)
def test_unknown_names_and_patterns(name: str, message: str) -> None:
    assert refusal(wanted=name).startswith(message)
    assert refusal(accepted=name).startswith(message)


@pytest.mark.parametrize("pattern", ["collections.find.*", "cockpit.bootst*"])
def test_only_accept_takes_a_pattern_that_matches_nothing_but_noise(pattern: str) -> None:
    assert Section.model_validate({"accepted": pattern}, context={"catalogue": CATALOGUE}).accepted == pattern
    assert refusal(wanted=pattern) == (
        f"no event matches {pattern!r}; a pattern does not match what fires while reading or viewing, "
        "which has to be named"
    )


class Plugin(PluginConfig):
    event: str

    @field_validator("event")
    @classmethod
    def _hook(cls, name: str, info: ValidationInfo) -> str:
        match = catalogue_of(info).match(name)
        return match.entry.hook if match else name


def test_a_plugins_validators_can_ask_the_catalogue() -> None:
    assert Plugin.model_validate({"event": "error"}, context={"catalogue": CATALOGUE}).event == "error"
    assert Plugin(event="collections.save.after.posts").event == "collections_save_after"


def test_an_editor_completes_the_names_and_allows_others() -> None:
    names, others = Section.model_json_schema()["properties"]["wanted"]["anyOf"]

    assert "collections.save.after" in names["enum"]
    assert "cockpit.rest.authenticate" not in names["enum"]
    assert others == {"type": "string"}
