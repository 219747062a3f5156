"""pydantic's errors in a person's words."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError

from cockpit_gateway.config.sentences import did_you_mean, got, nearest_name, sentence


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Model(BaseModel, extra="forbid"):
    text: str = ""
    number: int = 0
    share: float = 0.0
    flag: bool = False
    items: Annotated[list[int], Field(min_length=2, max_length=3)] = [1, 2]
    one: Annotated[list[int], Field(max_length=1)] = []
    names: dict[str, int] = Field(default_factory=dict)
    level: Literal["debug", "info"] = "info"
    colour: Colour = Colour.RED
    short: str = Field(default="", min_length=2, max_length=3)
    shaped: str = Field(default="a", pattern="^a+$")
    bounded: int = Field(default=1, gt=0, le=5)
    open: float = Field(default=1, ge=0.5, lt=1.5)
    pair: tuple[int, int] = (1, 2)
    day: date = date(2024, 1, 1)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"text": 5}, "expected text, got the number 5; put it in quotes"),
        ({"text": 1.5}, "expected text, got the number 1.5; put it in quotes"),
        (
            {"text": True},
            "expected text, got true (which is what YAML makes of yes, no, on and off); put it in quotes",
        ),
        ({"text": date(2024, 1, 1)}, "expected text, got a date; put it in quotes"),
        ({"text": None}, "expected text, got nothing"),
        ({"text": ["x"]}, "expected text, got a list"),
        ({"number": "five"}, "expected a whole number, got 'five'"),
        ({"number": 1.5}, "expected a whole number, got the number 1.5"),
        ({"number": "9" * 5000}, "expected a whole number, got a longer text"),
        ({"share": "half"}, "expected a number, got 'half'"),
        ({"flag": "perhaps"}, "expected true or false, got 'perhaps'"),
        ({"flag": 5}, "expected true or false, got the number 5"),
        ({"items": "x"}, "expected a list, got 'x'; put it in [ ]"),
        ({"items": {}}, "expected a list, got a mapping"),
        ({"items": [1]}, "expected at least 2 items, not 1"),
        ({"items": [1, 2, 3, 4]}, "expected at most 3 items, not 4"),
        ({"one": [1, 2]}, "expected at most 1 item, not 2"),
        ({"names": None}, "expected a mapping of keys to values, got nothing; write {} for an empty one"),
        ({"names": []}, "expected a mapping of keys to values, got a list"),
        ({"level": "inof"}, "expected 'debug' or 'info', got 'inof', did you mean 'info'?"),
        ({"level": "INFO"}, "expected 'debug' or 'info', got 'INFO', did you mean 'info'?"),
        ({"level": "loud"}, "expected 'debug' or 'info', got 'loud'"),
        ({"level": None}, "expected 'debug' or 'info', got nothing"),
        ({"colour": "green"}, "expected 'red' or 'blue', got 'green'"),
        ({"short": "a"}, "expected at least 2 characters"),
        ({"short": "abcd"}, "expected at most 3 characters"),
        ({"shaped": "b"}, "does not have the form ^a+$"),
        ({"bounded": 0}, "expected more than 0, got the number 0"),
        ({"bounded": 6}, "expected at most 5, got the number 6"),
        ({"open": 0.1}, "expected at least 0.5, got the number 0.1"),
        ({"open": 1.5}, "expected less than 1.5, got the number 1.5"),
        ({"pair": 5}, "expected a list, got the number 5"),
        ({"colur": 1}, "unknown key, did you mean 'colour'?"),
        ({"banana": 1}, "unknown key; there are: text, colour"),
        ({"day": "soon"}, "expected a valid date or datetime, input is too short"),
    ],
)
def test_sentences(given: object, expected: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Model.model_validate(given)

    assert [sentence(detail, ["text", "colour"]) for detail in refused.value.errors()] == [expected]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (10**15, "got a number out of bounds"),
        (float("inf"), "got a number out of bounds"),
        (float("nan"), "got a number out of bounds"),
        (123456789012, "got the number 123456789012"),
        (0.0, "got the number 0"),
        ("it's", 'got "it\'s"'),
        ("x" * 61, "got a longer text"),
        (b"x", "got binary data"),
        (datetime(2024, 1, 1), "got a date"),  # noqa: DTZ001
        ((), "got a tuple"),
    ],
)
def test_what_was_got(value: object, words: str) -> None:
    assert got(value) == words


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("prot", "port"), ("PORT", "port"), ("Max_bdy", "max_Body"), ("banana", None), ("", None)],
)
def test_the_nearest_name(name: str, nearest: str | None) -> None:
    assert nearest_name(name, ["host", "port", "max_Body"]) == nearest
    assert did_you_mean(name, ["host", "port", "max_Body"]) == (f", did you mean {nearest!r}?" if nearest else "")
