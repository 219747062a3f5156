"""Texts that are not YAML, or more than a parser should be asked to take."""

from __future__ import annotations

import pytest
import yaml

from cockpit_gateway.config import syntax
from cockpit_gateway.config.syntax import DEEPEST, compose
from cockpit_gateway.errors import ConfigError


@pytest.fixture(params=["CSafeLoader", "SafeLoader"], autouse=True)
def _each_loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syntax, "Loader", getattr(yaml, request.param))


def place(text: str) -> tuple[int, int]:
    with pytest.raises(ConfigError) as refused:
        compose(text, "x.yaml")
    [problem] = refused.value.problems
    return problem.span.line + 1, problem.span.column + 1


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n---\n"[:4], "\n\n"])
def test_an_empty_text_has_no_root_or_an_empty_one(text: str) -> None:
    node = compose(text, "x.yaml")

    assert node is None or node.value == ""


@pytest.mark.parametrize("level", ["[", "{a: ", "- ", "? ", "a:\n"])
def test_as_deep_as_allowed(level: str) -> None:
    closing = {"[": "]", "{a: ": "}"}.get(level, "")
    levels = [f"{' ' * depth}a:\n" for depth in range(DEEPEST - 1)] if level == "a:\n" else [level] * (DEEPEST - 1)

    assert compose("".join(levels) + closing * len(levels), "x.yaml") is not None


@pytest.mark.parametrize("level", ["[", "{a: ", "- ", "? "])
@pytest.mark.parametrize("count", [DEEPEST + 1, 100_000])
def test_deeper_nesting_is_refused_and_does_not_end_the_process(level: str, count: int) -> None:
    assert place(level * count)[0] == 1


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("a: 1\nb: \x07", (2, 4)),
        ("é: 1\r\nb: \x00", (2, 4)),
        ("\ud800", (1, 1)),
        ("a: [", (1, 4)),
        ("a:\n  - 'x\n\n", (2, 5)),
        ("é: [日本, x: 1]\n日本: b: c", (2, 6)),
        ("a: %x", (1, 4)),
        ("%YAML 9.9\n---\na: 1", (1, 1)),
        ("a: 1\n--- \nb: 1", (2, 1)),
    ],
)
def test_where_bad_syntax_is(text: str, where: tuple[int, int]) -> None:
    assert place(text) == where


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a:\n\tb: 1", "use spaces: a tab cannot indent"),
        ("a: `b`", "what begins with ` needs quotes"),
        ("a: [${X}]", 'within [ ] and { }, a ${VAR} needs quotes: "${VAR}"'),
        ("a: b: c", "needs quotes"),
        ("a: *b", "no anchor of this name stands above"),
        ("a: 1\n---\nb: 2", "remove the second ---"),
        ("a: [b, c\nd: {}\n", "in the sequence that begins at line 1"),
        ("a: {b: [1],\n", "x.yaml:1:4: not valid YAML: the mapping that begins here does not end"),
        ("a: {b: [1,\n", "x.yaml:1:8: not valid YAML: the sequence that begins here does not end"),
        ('a: "b\n', "the quoted text that begins here does not end"),
    ],
)
def test_how_to_cure_it(text: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syntax, "Loader", yaml.CSafeLoader)
    with pytest.raises(ConfigError) as refused:
        compose(text, "x.yaml")

    assert told in str(refused.value)


def test_a_secret_in_a_line_with_bad_syntax_is_hidden() -> None:
    with pytest.raises(ConfigError) as refused:
        compose("url: https://me:s3cret@host/\ntoken: 's3cret", "x.yaml")

    assert "s3cret" not in str(refused.value)
    assert "token: ***" in str(refused.value)
