"""What a file's settings refuse, where, and with what words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.config import ConfigFile
from cockpit_gateway.errors import ConfigError
from cockpit_gateway.registry import Registry
from cockpit_gateway_jsonl import AuditFile, Config

CONTEXT = {"catalogue": Catalogue()}
LEAST = {"path": "audit.jsonl", "events": ["collections.save.after"]}


def file(**settings: Any) -> AuditFile:
    return AuditFile.model_validate(LEAST | settings, context=CONTEXT)


def test_least_file() -> None:
    assert (file().path, file().rotate) == (Path("audit.jsonl"), None)


def test_rotation_by_default_is_by_size_and_keeps_everything() -> None:
    rotate = file(rotate={}).rotate

    assert rotate is not None
    assert (rotate.size, rotate.every, rotate.keep, rotate.compress) == (100 * 1024 * 1024, None, None, True)


def test_no_file_at_all_is_fine() -> None:
    assert Config.model_validate({}, context=CONTEXT).files == {}


@pytest.mark.parametrize(
    ("settings", "where", "what"),
    [
        ({"path": "/nowhere/audit.jsonl"}, "path", "there is no directory /nowhere: make it first"),
        ({"path": "/dev/full"}, "path", "/dev/full is no file: name one, which need not exist"),
        ({"path": "/tmp"}, "path", "/tmp is no file"),
        ({"path": ""}, "path", ". is no file"),
        ({"rotate": {"size": None}}, "rotate", "nothing says when to rotate: add size or every"),
        ({"rotate": {"size": 0}}, "rotate.size", "greater than 0"),
        ({"rotate": {"every": "0s"}}, "rotate.every", "greater than 0"),
        ({"rotate": {"keep": 0}}, "rotate.keep", "greater than or equal to 1"),
        ({"colour": "red"}, "colour", "Extra inputs are not permitted"),
    ],
)
def test_mistakes_say_where_and_what(settings: dict[str, Any], where: str, what: str) -> None:
    with pytest.raises(ValidationError) as refused:
        file(**settings)

    [error] = refused.value.errors()
    assert ".".join(map(str, error["loc"])) == where
    assert what in error["msg"]


@pytest.mark.parametrize("missing", sorted(LEAST))
def test_what_is_needed(missing: str) -> None:
    with pytest.raises(ValidationError, match="Field required"):
        AuditFile.model_validate({key: value for key, value in LEAST.items() if key != missing}, context=CONTEXT)


@pytest.mark.parametrize("other", ["audit.jsonl", "link.jsonl", "sub/../audit.jsonl"])
def test_two_names_of_one_file_are_refused_with_their_line(tmp_path: Path, other: str) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "audit.jsonl")
    yaml = "plugins:\n  jsonl:\n    files:\n" + "".join(
        f"      {name}: {{path: {tmp_path}/{path}, events: [error]}}\n"
        for name, path in (("first", "audit.jsonl"), ("second", other))
    )

    with pytest.raises(ConfigError) as refused:
        ConfigFile.from_text(yaml, "test.yaml", {}).validate(Registry.load().config_models(), Catalogue())

    assert (
        f"test.yaml:3:5: plugins.jsonl.files: first and second are the same file, {tmp_path}/{other}: give each its own"
    ) in str(refused.value)
