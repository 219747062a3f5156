"""Every file in tests/data/config is refused with exactly the text beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.config import ConfigFile, syntax
from cockpit_gateway.errors import ConfigError
from cockpit_gateway.registry import Registry

CASES = Path(__file__).parents[2] / "data" / "config"
NAMES = sorted(path.stem for path in CASES.glob("*.yaml"))
ENVIRON = {"SET": "s3cret-of-environment", "EMPTY": ""}
SECRETS = (
    *("s3cret-of-environment", "file-secret", "fallback-secret", "a-secret-token", "first-token", "second-token"),
    *("4711", "pass-word", "header-secret", "list-secret", "not-base64", "three"),
)


@pytest.fixture(autouse=True)
def _beside_the_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CASES)


def refusal(name: str) -> ConfigError:
    with pytest.raises(ConfigError) as refused:
        check(Path(f"{name}.yaml"))
    return refused.value


def check(path: Path) -> None:
    file = ConfigFile.read(path, ENVIRON)
    file.validate(Registry.load().config_models(), Catalogue(file.custom_events))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_shown(name: str) -> None:
    assert f"{refusal(name)}\n" == Path(f"{name}.txt").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_what_is_shown_holds_no_secret(name: str) -> None:
    error = refusal(name)

    assert [secret for secret in SECRETS if secret in f"{error}{error.problems}"] == []


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("syntax-")])
def test_without_libyaml_it_is_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syntax, "Loader", yaml.SafeLoader)

    assert f"{refusal(name)}\n" == Path(f"{name}.txt").read_text()


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("syntax-")])
def test_without_libyaml_bad_syntax_has_the_same_line(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    [with_libyaml] = refusal(name).problems
    monkeypatch.setattr(syntax, "Loader", yaml.SafeLoader)
    [without] = refusal(name).problems

    assert without.span.line == with_libyaml.span.line


def test_each_case_has_its_text() -> None:
    assert {path.stem for path in CASES.glob("*.txt")} == set(NAMES)


def test_seven_mistakes_are_told_at_once() -> None:
    assert len(refusal("seven-mistakes").problems) == 7
