"""The values of scalars: what YAML makes of them, the environment, and files."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from cockpit_gateway.config.scalars import Scalar, beside_variables, expand, read_scalar


def read(text: str, directory: Path = Path(), **environ: str) -> Scalar:
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(node, yaml.ScalarNode)
    return read_scalar(node, directory, environ)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("text", "text"),
        ("'5'", "5"),
        ("!!str 5", "5"),
        ("5", 5),
        ("010", 8),
        ("1:30", 90),
        ("1.5", 1.5),
        ("yes", True),
        ("off", False),
        ("~", None),
        ("2024-11-23", date(2024, 11, 23)),
        ("!!binary aGk=", b"hi"),
        ("=", "="),
        ("<<", "<<"),
        ("1e5", "1e5"),
    ],
)
def test_what_yaml_makes_of_it(text: str, value: object) -> None:
    assert read(text) == Scalar(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("!!bool maybe", "YAML takes this for true or false, and it is not; put text in quotes"),
        ("!!int five", "YAML takes this for a number"),
        ("2024-13-45", "YAML takes this for a date"),
        ("!!timestamp soon", "YAML takes this for a date"),
        ("!!binary é", "YAML takes this for base64"),
        ("9" * 5000, "YAML takes this for a number"),
        ("!env X", "unknown tag !env; the only one is !file"),
        ("!!python/name:os.system x", "unknown tag !!python/name:os.system"),
    ],
)
def test_what_is_no_value(text: str, mistake: str) -> None:
    scalar = read(text)

    assert scalar.value == ""
    assert [found.startswith(mistake) for found in scalar.mistakes] == [True]


@pytest.mark.parametrize(
    ("text", "value", "secrets"),
    [
        ("plain", "plain", ()),
        ("${A}", "1st", ("1st",)),
        ("x${A}y${B_2}z", "x1sty2ndz", ("1st", "2nd")),
        ("${A:-other}", "1st", ("1st",)),
        ("${UNSET:-other}", "other", ()),
        ("${EMPTY:-other}", "other", ()),
        ("${UNSET:-}", "", ()),
        ("${EMPTY}", "", ()),
        ("${UNSET:-http://x/$y}", "http://x/$y", ()),
        ("$${A}", "${A}", ()),
        ("$$$${A}", "$${A}", ()),
        ("$$${A}", "$1st", ("1st",)),
        ("$A $", "$A $", ()),
        ("{{ x }}", "{{ x }}", ()),
        ("${NESTED}", "${A}", ("${A}",)),  # what the environment holds is not expanded again
    ],
)
def test_the_environment(text: str, value: str, secrets: tuple[str, ...]) -> None:
    environ = {"A": "1st", "B_2": "2nd", "EMPTY": "", "NESTED": "${A}"}

    assert expand(text, environ) == Scalar(value, secrets)


def test_an_unset_variable_is_a_mistake() -> None:
    assert expand("${A} ${B}", {}).mistakes == (
        "the environment variable A is not set; ${A:-…} would give it a default",
        "the environment variable B is not set; ${B:-…} would give it a default",
    )


def test_an_environment_that_is_no_text_is_a_mistake() -> None:
    assert expand("${A}", {"A": "ni\udcf1o"}).mistakes == (
        "not valid Unicode text; what the environment holds has to be UTF-8",
    )


@pytest.mark.parametrize("text", ["${}", "${A-B}", "${1A}", "${A", "${A B}", "${é}"])
def test_half_a_variable_is_a_mistake(text: str) -> None:
    assert expand(text, {"A": "x"}).mistakes == (
        "expected ${NAME} or ${NAME:-default}; write $${ for the characters themselves",
    )


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"s3cret\n", "s3cret"),
        (b"s3cret", "s3cret"),
        (b"s3cret\n\n", "s3cret\n"),
        (b"s3cret\r\n", "s3cret"),
        (b" two\nlines \n", " two\nlines "),
        ("日本\n".encode(), "日本"),
        (b"${A}\n", "${A}"),
    ],
)
def test_a_file(content: bytes, value: str, tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(content)

    assert read("!file token", tmp_path) == Scalar(value, (value,))


def test_an_empty_file_is_an_empty_text(tmp_path: Path) -> None:
    (tmp_path / "token").touch()

    assert read("!file token", tmp_path) == Scalar("")


def test_a_files_path_may_be_absolute_or_come_from_the_environment(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("s3cret\n")

    assert read(f"!file {tmp_path}/token", Path("/elsewhere")).value == "s3cret"
    assert read("!file ${CREDENTIALS_DIRECTORY}/token", CREDENTIALS_DIRECTORY=str(tmp_path)).value == "s3cret"


@pytest.mark.parametrize(
    ("name", "mistake"),
    [
        ("nowhere", "{tmp_path}/nowhere cannot be read: No such file or directory"),
        ("''", "{tmp_path} cannot be read: Is a directory"),
        ("latin", "{tmp_path}/latin is not UTF-8 text"),
        (r'"a\0b"', "{tmp_path}/a\0b cannot be read: embedded null byte"),
    ],
)
def test_a_file_that_cannot_be_read(name: str, mistake: str, tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"\xe9")

    assert read(f"!file {name}", tmp_path).mistakes == (mistake.format(tmp_path=tmp_path),)


def test_an_unset_variable_in_a_files_path_is_a_mistake() -> None:
    assert read("!file ${UNSET}/x").mistakes == expand("${UNSET}", {}).mistakes


@pytest.mark.parametrize(
    ("written", "rest"),
    [("${A}", ""), ("${A:-b}", "b"), ("x ${A}", "x "), ("$${A}", "{A}"), ("plain", "plain"), ("${A:-}", "")],
)
def test_what_stands_beside_variables(written: str, rest: str) -> None:
    assert beside_variables(written) == rest


def test_what_the_environment_puts_into_a_files_path_is_not_shown(tmp_path: Path) -> None:
    (mistake,) = read("!file ${SET}", tmp_path, SET="s3cret").mistakes
    assert mistake == f"{tmp_path}/${{SET}} cannot be read: No such file or directory"
