"""The `exec` section of the configuration."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.config import PluginConfig, Secret, Size
from cockpit_gateway.config.rules import CoalesceSetting
from cockpit_gateway.transports import Body, TargetName, TargetSettings, cockpit_body, standard_batch, standard_body
from cockpit_gateway_exec.facts import FACTS

KIBIBYTE = 1024


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("no program takes the character NUL: leave it out")
    return text


def _secret_without_nul(value: Secret) -> Secret:
    _without_nul(value.get_secret_value())
    return value


def _check_variable(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise ValueError(f"{name!r} is no variable's name: letters, digits and underscores make one")
    if name in FACTS:
        raise ValueError(f"{name} is set for each event, choose another name")
    return name


Argument = Annotated[str, AfterValidator(_without_nul)]
VariableName = Annotated[str, AfterValidator(_check_variable)]
VariableValue = Annotated[Secret, AfterValidator(_secret_without_nul)]


class Command(TargetSettings):
    """One program, for which of the events it is run, and how."""

    environment: dict[VariableName, VariableValue] = Field(
        default_factory=dict,
        description="Further variables of its environment, or other values than the gateway's; they are never shown.",
    )
    argv: list[Argument] = Field(
        min_length=1,
        description="The program, by its absolute path or a name that is found in PATH, and its arguments. There is "
        "no shell, and nothing of an event gets here.",
    )
    directory: Path | None = Field(None, description="Where it is run; by default where the gateway is.")
    body: Literal["cockpit", "standard"] = Field(
        "cockpit",
        validate_default=True,
        description="What is on its standard input: the bytes that Cockpit sent, or a Standard Webhooks object.",
    )
    output: Size = Field(
        4 * KIBIBYTE,
        le=64 * KIBIBYTE,
        description="How much of what it writes is kept with the attempt, up to 64 KiB; the rest is thrown away.",
        json_schema_extra={"default": "4 KiB"},
    )

    @field_validator("argv")
    @classmethod
    def _can_be_run(cls, argv: list[str], info: ValidationInfo) -> list[str]:
        find_program(argv[0], search_path(info.data.get("environment", {})))
        return argv

    @field_validator("directory")
    @classmethod
    def _is_there(cls, directory: Path | None) -> Path | None:
        if directory is not None and not directory.is_dir():
            raise ValueError(f"{directory} is no directory: make it, or name another one")
        return directory

    @field_validator("body")
    @classmethod
    def _a_list_needs_a_body_for_lists(cls, body: str, info: ValidationInfo) -> str:
        coalesce: CoalesceSetting | None = info.data.get("coalesce")
        if coalesce is not None and coalesce.keep == "list" and body == "cockpit":
            raise ValueError("`coalesce.keep: list` hands over several events at once: use `body: standard`")
        return body

    def body_of(self, catalogue: Catalogue) -> Body:
        """Return what makes the bytes for its standard input."""
        if self.body == "cockpit":
            return cockpit_body
        batches = self.coalesce is not None and self.coalesce.keep == "list"
        return standard_batch(catalogue) if batches else standard_body(catalogue)


class Config(PluginConfig):
    """The exec plugin: runs programs, each with an event on its standard input."""

    commands: dict[TargetName, Command] = Field(
        default_factory=dict, description="The commands by name. The name is a command's identity: keep it."
    )


def search_path(environment: dict[str, SecretStr]) -> str:
    """Return where programs are looked for: the PATH that the command will have."""
    own = environment.get("PATH")
    return os.environ.get("PATH", os.defpath) if own is None else own.get_secret_value()


def find_program(program: str, path: str) -> str:
    """Return the absolute path of a program.

    Args:
        program: Its absolute path, or a name.
        path: The directories to look for a name in, as in the variable PATH.

    Raises:
        ValueError: There is none, or it cannot be executed.

    Example:
        >>> find_program("sh", "/nowhere:/bin")
        '/bin/sh'
    """
    if "/" in program and not program.startswith("/"):
        raise ValueError(f"{program!r} is neither an absolute path nor a name that is found in PATH: write all of it")
    found = shutil.which(program, path=path)
    if found is not None:
        return str(Path(found).absolute())
    if "/" not in program:
        raise ValueError(f"there is no program {program!r} in PATH: write its absolute path")
    if not Path(program).is_file():
        raise ValueError(f"there is no program {program}")
    raise ValueError(f"{program} cannot be executed: chmod +x {program}")
