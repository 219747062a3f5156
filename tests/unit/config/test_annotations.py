"""What models tell of their keys and secrets, however they are nested."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import AfterValidator, BaseModel, Field, SecretBytes, SecretStr, ValidationError

from cockpit_gateway.config.annotations import WrittenAs, keys_at, secret_paths
from cockpit_gateway.config.problems import Data, Path

Names = Annotated[frozenset[str], WrittenAs(list[str], frozenset)]


class Leaf(BaseModel):
    size: int
    secret: SecretStr | None = None


class Other(BaseModel):
    colour: str


class Tree(BaseModel):
    leaf: Leaf
    maybe: Leaf | None = None
    either: Leaf | Other | str | None = None
    many: list[Leaf] = Field(default_factory=list)
    named: dict[str, Leaf] = Field(default_factory=dict)
    deep: dict[str, list[Annotated[Leaf, Field(description="a leaf")]]] = Field(default_factory=dict)
    tokens: Annotated[list[Annotated[SecretStr, AfterValidator(lambda token: token)]], Field(max_length=2)] = []
    headers: dict[str, SecretBytes] = Field(default_factory=dict)
    renamed: str = Field(default="", alias="from")
    written: Annotated[frozenset[str], WrittenAs(list[Leaf], frozenset)] = frozenset()
    anything: Any = None


LEAF = ["size", "secret"]


@pytest.mark.parametrize(
    ("location", "keys"),
    [
        (("leaf",), LEAF),
        (("maybe",), LEAF),
        (("either",), [*LEAF, "colour"]),
        (("either", "Other"), [*LEAF, "colour"]),
        (("many", 3), LEAF),
        (("named", "size"), LEAF),
        (("deep", "leaf", 0), LEAF),
        (("written", 0), LEAF),
        (("leaf", "size"), []),
        (("headers",), []),
        (("anything", "x"), []),
    ],
)
def test_keys_at(location: tuple[str | int, ...], keys: list[str]) -> None:
    assert keys_at(Tree, location) == keys


def test_keys_at_the_top_are_as_they_are_written() -> None:
    keys = keys_at(Tree, ())

    assert keys[:2] == ["leaf", "maybe"]
    assert "from" in keys
    assert "renamed" not in keys


@pytest.mark.parametrize(
    ("data", "paths"),
    [
        ({"leaf": {"size": 1, "secret": "x"}}, [("leaf", "secret")]),
        ({"either": {"secret": "x"}, "maybe": None}, [("either", "secret")]),
        ({"tokens": ["a", "b"]}, [("tokens", 0), ("tokens", 1)]),
        ({"tokens": "a"}, []),
        ({"headers": {"X": "a"}, "named": {"b": {"secret": ["x"]}}}, [("headers", "X"), ("named", "b", "secret")]),
        ({"deep": {"a": [{"size": 1}, {"secret": "x"}]}}, [("deep", "a", 1, "secret")]),
        ({"written": [{"secret": "x"}]}, [("written", 0, "secret")]),
        ({"anything": {"secret": "x"}, "unknown": {"secret": "x"}, "leaf": 5}, []),
        ([{"leaf": 1}], []),
        (None, []),
    ],
)
def test_secret_paths(data: Data, paths: list[Path]) -> None:
    assert list(secret_paths(Tree, data)) == paths


class Written(BaseModel):
    names: Names = frozenset({"default"})


def test_a_type_written_in_another_form_is_made_of_it() -> None:
    assert Written.model_validate({"names": ["a", "a", "b"]}).names == {"a", "b"}
    assert Written().names == {"default"}
    assert Written.model_json_schema()["properties"]["names"]["type"] == "array"


def test_a_mistake_in_the_other_form_has_its_place() -> None:
    with pytest.raises(ValidationError) as refused:
        Written.model_validate({"names": ["a", 5]})

    assert [error["loc"] for error in refused.value.errors()] == [("names", 1)]
