"""What a command's settings refuse, where, and with what words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.config import ConfigFile
from cockpit_gateway.errors import ConfigError
from cockpit_gateway.registry import Registry
from cockpit_gateway_exec import Command, Config

CONTEXT = {"catalogue": Catalogue()}
LEAST = {"argv": ["sh"], "events": ["collections.save.after"]}


def command(**settings: Any) -> Command:
    return Command.model_validate(LEAST | settings, context=CONTEXT)


def test_least_command() -> None:
    least = command()

    assert (least.environment, least.directory, least.body, least.output) == ({}, None, "cockpit", 4096)


def test_no_command_at_all_is_fine() -> None:
    assert Config.model_validate({}, context=CONTEXT).commands == {}


def test_nothing_shows_the_environment() -> None:
    found = command(environment={"TOKEN": "s3cret"})

    assert "s3cret" not in f"{found!r} {found}"


@pytest.mark.parametrize(
    ("settings", "where", "what"),
    [
        ({"argv": []}, "argv", "at least 1 item"),
        ({"argv": "sh -c true"}, "argv", "valid list"),
        ({"argv": ["sh", 5]}, "argv.1", "valid string"),
        ({"argv": ["sh", "a\0b"]}, "argv.1", "no program takes the character NUL"),
        ({"argv": ["xyzzy"]}, "argv", "there is no program 'xyzzy' in PATH: write its absolute path"),
        ({"argv": [""]}, "argv", "there is no program '' in PATH"),
        ({"argv": ["/nowhere/sh"]}, "argv", "there is no program /nowhere/sh"),
        ({"argv": ["/tmp"]}, "argv", "there is no program /tmp"),
        ({"argv": ["bin/sh"]}, "argv", "'bin/sh' is neither an absolute path nor a name that is found in PATH"),
        ({"environment": {"PATH": "/nowhere"}}, "argv", "there is no program 'sh' in PATH"),
        ({"environment": {"A-B": "s3cret"}}, "environment.A-B.[key]", "'A-B' is no variable's name"),
        ({"environment": {"COCKPIT_EVENT": "s3cret"}}, "environment.COCKPIT_EVENT.[key]", "is set for each event"),
        ({"environment": {"A": "s3cret\0"}}, "environment.A", "no program takes the character NUL"),
        ({"directory": "/nowhere"}, "directory", "/nowhere is no directory: make it, or name another one"),
        ({"output": "65 KiB"}, "output", "less than or equal to 65536"),
        ({"body": "template"}, "body", "Input should be 'cockpit' or 'standard'"),
        (
            {"coalesce": {"wait": "1s", "max_wait": "1s", "keep": "list"}},
            "body",
            "`coalesce.keep: list` hands over several events at once: use `body: standard`",
        ),
        ({"shell": True}, "shell", "Extra inputs are not permitted"),
    ],
)
def test_mistakes_say_where_and_what(settings: dict[str, Any], where: str, what: str) -> None:
    with pytest.raises(ValidationError) as refused:
        command(**settings)

    [error] = refused.value.errors()
    assert ".".join(map(str, error["loc"])) == where
    assert what in error["msg"]
    assert "s3cret" not in f"{refused.value} {error['msg']}"


@pytest.mark.parametrize("missing", sorted(LEAST))
def test_what_is_needed(missing: str) -> None:
    with pytest.raises(ValidationError, match="Field required"):
        Command.model_validate({key: value for key, value in LEAST.items() if key != missing}, context=CONTEXT)


def test_a_file_that_cannot_be_executed_is_refused_with_its_line(tmp_path: Path) -> None:
    script = tmp_path / "build"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o600)
    yaml = f"plugins:\n  exec:\n    commands:\n      build:\n        argv: [{script}]\n        events: [error]\n"

    with pytest.raises(ConfigError) as refused:
        ConfigFile.from_text(yaml, "test.yaml", {}).validate(Registry.load().config_models(), Catalogue())

    assert f"test.yaml:5:15: plugins.exec.commands.build.argv: {script} cannot be executed: chmod +x {script}" in str(
        refused.value
    )
