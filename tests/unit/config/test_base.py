"""What every section of a configuration has in common."""

from __future__ import annotations

import pytest
from pydantic import Field, SecretStr, ValidationError

from cockpit_gateway.config import PluginConfig


class Section(PluginConfig):
    index: str = "posts"
    size: int = 1
    share: float = 0.5
    active: bool = True
    names: dict[str, str] = Field(default_factory=dict)
    inner: PluginConfig = PluginConfig()
    maybe: PluginConfig | None = None
    password: SecretStr = SecretStr("")


def test_a_section_without_a_value_is_an_empty_one() -> None:
    assert Section.model_validate(None) == Section()
    assert Section.model_validate({"names": None, "inner": None}) == Section()
    assert Section.model_validate({"maybe": None}).maybe is None


@pytest.mark.parametrize(
    "given",
    [
        *({"index": None}, {"unknown": None}, {"unknown": 1}, [], "x", 5),
        *({"size": True}, {"share": False}, {"size": 1.5}, {"index": 5}),
    ],
)
def test_mistakes(given: object) -> None:
    with pytest.raises(ValidationError):
        Section.model_validate(given)


def test_values_from_the_environment_are_text() -> None:
    section = Section.model_validate({"size": "5", "share": "0.1", "active": "no"})

    assert (section.size, section.share, section.active) == (5, 0.1, False)


def test_nothing_changes_after_validation() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Section().index = "pages"  # type: ignore[misc]


def test_neither_a_secret_nor_what_was_given_for_one_is_shown() -> None:
    assert "s3cret" not in f"{Section(password=SecretStr('s3cret'))!r}"
    with pytest.raises(ValidationError) as refused:
        Section.model_validate({"password": ["s3cret"]})
    assert "s3cret" not in str(refused.value)
