"""Models held against documents: every mistake, once, where it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field, SecretStr, field_validator

from cockpit_gateway.config.base import PluginConfig
from cockpit_gateway.config.document import Document
from cockpit_gateway.config.problems import Data, render_path
from cockpit_gateway.config.validation import Validation, known_part


class Inner(PluginConfig):
    size: int
    password: SecretStr | None = None


class Cat(PluginConfig):
    kind: Literal["cat"]
    lives: int = 9


class Dog(PluginConfig):
    kind: Literal["dog"]
    name: str


class Model(PluginConfig):
    names: str | list[str] = ""
    inner: Inner | str = ""
    pet: Annotated[Cat | Dog, Field(discriminator="kind")] | None = None
    pair: tuple[int, str] = (1, "")
    by_name: dict[str, Inner] = Field(default_factory=dict)


def mistakes(text: str, model: type[BaseModel] = Model) -> list[str]:
    document = Document(text, "test.yaml", Path(), {})
    validation = Validation(document, {})
    assert validation.model(model, document.data) is None
    found = [document.secrets.out_of(problem) for problem in validation.problems]
    return [
        f"{problem.span.line + 1}:{problem.span.column + 1} {render_path(problem.path)}: {problem.message}"
        for problem in sorted(found, key=lambda problem: (problem.span, problem.message))
    ]


def test_a_valid_document_gives_the_model() -> None:
    document = Document("names: [a, b]\ninner: {size: 5}\n", "test.yaml", Path(), {})
    validation = Validation(document, {})

    assert validation.model(Model, document.data) == Model(names=["a", "b"], inner=Inner(size=5))
    assert validation.problems == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "names: 5",
            ["1:8 names: expected text, got the number 5; put it in quotes, or: expected a list, got the number 5"],
        ),
        ("names: [a, 5]", ["1:12 names[1]: expected text, got the number 5; put it in quotes"]),
        ("inner: {size: many}", ["1:15 inner.size: expected a whole number, got 'many'"]),
        ("inner: {}", ["1:1 inner: the key 'size' is missing"]),
        ("inner: {size: 1, sizeq: 2}", ["1:18 inner.sizeq: unknown key, did you mean 'size'?"]),
        ("pet: {kind: cat, lives: x}", ["1:25 pet.lives: expected a whole number, got 'x'"]),
        ("pet: {kind: dog}", ["1:1 pet: the key 'name' is missing"]),
        (
            "by_name: {size: {size: x}, b: {sizeq: 1}}",
            [
                "1:24 by_name.size.size: expected a whole number, got 'x'",
                "1:28 by_name.b: the key 'size' is missing",
                "1:32 by_name.b.sizeq: unknown key, did you mean 'size'?",
            ],
        ),
        ("pair: [x, 5]", ["1:8 pair[0]: expected a whole number, got 'x'", "1:11 pair[1]: expected text, got the"]),
    ],
)
def test_where_and_what(text: str, expected: list[str]) -> None:
    found = mistakes(text)

    assert len(found) == len(expected)
    assert all(one.startswith(start) for one, start in zip(found, expected, strict=True)), found


def test_an_unknown_member_of_a_discriminated_union_names_the_known_ones() -> None:
    [found] = mistakes("pet: {kind: fish}")

    assert found.startswith("1:6 pet: ")
    assert "'cat', 'dog'" in found


class Raises(PluginConfig):
    a: str = ""

    @field_validator("a")
    @classmethod
    def _broken(cls, value: str) -> str:
        return {"known": value}[value]


def test_a_model_that_raises_what_it_should_not_is_a_mistake_too() -> None:
    [found] = mistakes("a: text", Raises)

    assert found.startswith("1:1 : the plugin's Config failed here with KeyError: 'text'")


def test_what_was_already_told_of_a_value_is_not_told_twice() -> None:
    assert mistakes("inner: {size: '${UNSET}'}") == [
        "1:15 inner.size: the environment variable UNSET is not set; ${UNSET:-…} would give it a default"
    ]


class Loud(PluginConfig):
    password: SecretStr
    a: str = ""

    @field_validator("a")
    @classmethod
    def _tells(cls, value: str) -> str:
        raise ValueError(f"not {value!r},\n but the password is\n pass word 1")


def test_a_message_never_holds_a_secret_and_is_one_line() -> None:
    assert mistakes("password: pass word 1\na: pass word 1", Loud) == ["2:4 a: not ***, but the password is ***"]


@pytest.mark.parametrize(
    ("location", "data", "path"),
    [
        (("a", "list[str]", 1), {"a": ["x", "y"]}, ("a", 1)),
        (("a", "str"), {"a": ["x", "y"]}, ("a",)),
        (("a", 5), {"a": ["x"]}, ("a",)),
        (("a", "b", "missing"), {"a": {"b": {}}}, ("a", "b")),
        (("x y", "[key]"), {"x y": 1}, ("x y",)),
        ((), 5, ()),
    ],
)
def test_known_part(location: tuple[int | str, ...], data: Data, path: tuple[int | str, ...]) -> None:
    assert known_part(location, data) == path
