"""From YAML to plain data with places: what PyYAML would read, and where each part of it stands."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from cockpit_gateway.config import syntax
from cockpit_gateway.config.document import Document
from cockpit_gateway.config.problems import Path as Place
from cockpit_gateway.errors import ConfigError


def document(text: str, **environ: str) -> Document:
    return Document(text, "test.yaml", Path(), environ)


@pytest.fixture(params=["CSafeLoader", "SafeLoader"], autouse=True)
def _each_loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syntax, "Loader", getattr(yaml, request.param))


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\nb: [true, null, 1.5, text, 'quoted', 2024-11-23, 0x10, 010, 1:30]\nc: {d: {e: .inf}}\n",
        "a: |\n  two\n  lines\nb: >-\n  folded\n  text\n",
        "base: &base {a: 1, b: 2}\nc: {<<: *base, b: 3}\nd: *base\n",
        "- 1\n- [2, 3]\n",
        "a: =\nb: <<\nc: ! 12\nd: !!str 5\ne: !!binary aGVsbG8=\n",
        "just text",
    ],
)
def test_the_data_is_what_pyyaml_reads(text: str) -> None:
    expected = yaml.safe_load(text.replace("a: =", "a: '='").replace("b: <<", "b: '<<'"))

    assert document(text).data == expected


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "---\n"])
def test_an_empty_text_is_an_empty_mapping_or_nothing(text: str) -> None:
    assert document(text).data in ({}, None)


TEXT = """\
log: {level: info, format: json}
sources:
    été:
        tokens: [one, "two", !file nowhere]
        名前: 日本
empty:
text: |
    more
    lines
list:
  - - nested
"""


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("log",), "log", "{level: info, format: json}"),
        (("log", "format"), "format", "json"),
        (("sources", "été", "tokens", 1), None, '"two"'),
        (("sources", "été", "tokens", 2), None, "!file nowhere"),
        (("sources", "été", "名前"), "名前", "日本"),
        (("list", 0, 0), None, "nested"),
        (("sources",), "sources", "sources"),  # a value on lines of its own is shown by its key
        (("empty",), "empty", "empty"),
        (("log", "level", "not there"), "level", "info"),  # what does not stand there, by what it would stand in
    ],
)
def test_places_of_keys_and_values(path: Place, key: str | None, value: str) -> None:
    found = document(TEXT)

    def at(*, as_key: bool) -> str:
        span = found.span(path, key=as_key)
        assert span.line == span.end_line
        return TEXT.splitlines()[span.line][span.column : span.end_column]

    assert at(as_key=True) == (key or value)
    assert at(as_key=False) == value


def test_the_place_of_a_text_on_several_lines_is_where_it_begins() -> None:
    assert document(TEXT).span(("text",))[:2] == (6, 6)


def test_the_place_of_everything_is_the_beginning() -> None:
    assert document("").span(())[:2] == (0, 0)


@pytest.mark.parametrize("break_", ["\n", "\r\n", "\r", "\x85", "\u2028"])
def test_lines_are_counted_as_yaml_does(break_: str) -> None:
    assert document(break_.join(["a: 1", "", "b: {c: 2}"])).span(("b", "c"))[:2] == (2, 7)


MERGED = """\
first: &first {a: 1, b: [x]}
second: &second {a: 2, c: 3}
own: {a: own, <<: *first}
both: {<<: [*first, *second], c: own}
"""


def test_own_keys_win_over_merged_ones_and_earlier_mappings_over_later_ones() -> None:
    found = document(MERGED)

    assert found.data == yaml.safe_load(MERGED)
    assert found.span(("own", "a")).line == 2
    assert found.span(("own", "b", 0)).line == 0
    assert found.span(("both", "a")).line == 0
    assert found.span(("both", "c")).line == 3


def test_a_duplicate_key_keeps_the_first_value_and_its_place() -> None:
    found = document("a: 1\nb: 2\na: {c: '${UNSET}'}\n")

    assert found.data == {"a": 1, "b": 2}
    assert found.span(("a",)).line == 0
    assert [(problem.path, problem.span.line, problem.message[:13], problem.note) for problem in found.problems] == [
        (("a", "c"), 2, "the environme", None),
        (("a",), 2, "duplicate key", "first set at line 1"),
    ]


def test_broken_values_are_known() -> None:
    found = document("a: ${UNSET}\nb: !env X\n1: x\nc: fine")

    assert found.broken == {("a",), ("b",), ("1",)}


def hidden(found: Document, text: str) -> list[str]:
    lines = text.splitlines()
    return [lines[span.line][span.column : span.end_column] for span in sorted(found.secrets.places)]


def test_what_stands_under_a_secrets_key_is_hidden() -> None:
    text = (
        "tokens: [one, 5, '${SET}', '${UNSET:-two}', 'x${SET}', !file nowhere, null]\n"
        "api_key: three\nX-Auth-Token: {a: [four]}\nurl: https://me:five@host/\n"
        "name: six\ntoken_count: 7\n"
    )
    found = document(text, SET="from the environment")

    assert hidden(found, text) == [
        *("one", "5", "'${UNSET:-two}'", "'x${SET}'", "null", "three", "four", "me:five"),
    ]
    assert {"one", "5", "two", "three", "four", "from the environment"} <= found.secrets.values


def test_hide_hides_all_below_a_path() -> None:
    text = "a: {b: [one, {c: two}]}\nd: three\n"
    found = document(text)
    found.hide(("a", "b"))

    assert hidden(found, text) == ["one", "two"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &a [*a]", "an anchor contains itself"),
        ("a: &a {b: *a}", "an anchor contains itself"),
        ("a: &a {<<: *a}", "an anchor contains itself"),
        ("a0: &a0 []\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 200)), "aliases nest too deeply"),
        ("a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1},' * 10}]\n" for n in range(1, 30)), "more than"),
        ("a0: &a0 {}\n" + "".join(f"a{n}: &a{n} {{<<: [{f'*a{n - 1},' * 10}]}}\n" for n in range(1, 30)), "more than"),
    ],
)
def test_bombs_are_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        document(text)
