"""How mistakes are shown."""

from __future__ import annotations

import pytest

from cockpit_gateway.config.problems import Path, Problem, Span, config_error, render_path, split_lines


def problem(line: int, start: int, end: int, message: str = "wrong", *, path: Path = ("a",)) -> Problem:
    return Problem(path, Span(line, start, line, end), message)


def test_a_problem_is_its_place_its_line_and_a_caret() -> None:
    noted = Problem(("a", "b"), Span(1, 4, 1, 6), "wrong", "first set at line 1")

    assert str(config_error([noted], "x.yaml", "a:\n  b: cd\n")) == (
        "x.yaml:2:5: a.b: wrong\n"
        "     2 |   b: cd\n"
        "       |     ^^\n"
        "       = first set at line 1"
    )  # fmt: skip


def test_they_come_in_the_order_of_the_file_each_once() -> None:
    text = "a: 1\nb: 2\n"
    twice = [problem(0, 3, 4, path=("a",)), problem(0, 3, 4, path=("alias",))]
    error = config_error([problem(1, 0, 1), *twice, problem(0, 0, 1), problem(0, 3, 4, "also")], "x", text)

    assert [(found.path, found.span[:2], found.message) for found in error.problems] == [
        (("a",), (0, 0), "wrong"),
        (("a",), (0, 3), "also"),
        (("a",), (0, 3), "wrong"),
        (("a",), (1, 0), "wrong"),
    ]
    assert str(error).count("wrong") == 3


@pytest.mark.parametrize(
    ("line", "start", "end", "shown", "caret"),
    [
        ("a: b", 3, 3, "a: b", "   ^"),
        ("a: b", 3, 9, "a: b", "   ^"),
        ("a: b   ", 3, 7, "a: b", "   ^"),
        ("a:\tbc", 3, 5, "a:\tbc", "  \t^^"),
        ("日本: bc", 4, 6, "日本: bc", "      ^^"),
        ("a: 日本", 3, 5, "a: 日本", "   ^^^^"),
        ("e\u0301: bc", 4, 6, "e\u0301: bc", "   ^^"),
        ("", 0, 1, "", "^"),
    ],
)
def test_the_caret_stands_below_what_is_wrong(line: str, start: int, end: int, shown: str, caret: str) -> None:
    [_, first, second] = str(config_error([problem(0, start, end)], "x", line)).split("\n")

    assert first == f"     1 | {shown}".rstrip()
    assert second == f"       | {caret}"


def test_of_several_lines_the_first_is_shown() -> None:
    several = Problem((), Span(0, 3, 2, 0), "wrong")

    assert str(config_error([several], "x", "a: [1,\n  2\n]")) == "x:1:4: wrong\n     1 | a: [1,\n       |    ^^^"


@pytest.mark.parametrize(
    ("hidden", "start", "end", "shown", "caret"),
    [
        ([(0, 8, 0, 12)], 8, 12, "token: [***, b]", "        ^^^"),
        ([(0, 8, 0, 12)], 14, 15, "token: [***, b]", "             ^"),
        ([(0, 8, 0, 12)], 0, 5, "token: [***, b]", "^^^^^"),
        ([(0, 8, 0, 12)], 7, 16, "token: [***, b]", "       ^^^^^^^^"),
        ([(0, 8, 0, 12), (0, 14, 0, 15)], 14, 15, "token: [***, ***]", "             ^^^"),
        ([(0, 8, 1, 2)], 8, 9, "token: [***", "        ^^^"),
        ([(1, 0, 2, 0)], 0, 5, "token: [abcd, b]", "^^^^^"),
    ],
)
def test_what_is_hidden_does_not_move_the_caret(
    hidden: list[tuple[int, int, int, int]], start: int, end: int, shown: str, caret: str
) -> None:
    places = [Span(*place) for place in hidden]
    [_, first, second] = str(config_error([problem(0, start, end)], "x", "token: [abcd, b]\nsecond", places)).split(
        "\n"
    )

    assert first == f"     1 | {shown}"
    assert second == f"       | {caret}"


def test_a_hidden_text_on_several_lines_is_hidden_on_each() -> None:
    text = "secret: |\n  one\n  two\nb: 1"
    shown = str(config_error([problem(1, 0, 1), problem(2, 0, 1), problem(3, 0, 1)], "x", text, [Span(0, 8, 3, 0)]))

    assert "one" not in shown
    assert "two" not in shown
    assert "b: 1" in shown


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ((), ""),
        (("a",), "a"),
        (("a", "b-c_d", 0, "e"), "a.b-c_d[0].e"),
        (("a", "b.c", "d e", ""), 'a."b.c"."d e".""'),
        ((0, "a"), "[0].a"),
    ],
)
def test_paths(path: Path, shown: str) -> None:
    assert render_path(path) == shown


def test_lines_end_where_yaml_ends_them() -> None:
    assert split_lines("a\nb\r\nc\rd\x85e\u2028f\u2029g\x0bh\x0ci") == [*"abcdef", "g\x0bh\x0ci"]
