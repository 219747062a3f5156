"""The `jsonl` section of the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field, field_validator, model_validator

from cockpit_gateway.config import Duration, PluginConfig, Size
from cockpit_gateway.transports import TargetName, TargetSettings

MEBIBYTE = 1024 * 1024


class Rotate(PluginConfig):
    """When a file is put aside and a new one begun, and what becomes of it."""

    size: Size | None = Field(
        100 * MEBIBYTE,
        gt=0,
        description="Before it gets larger than this; a line that is larger itself has a file of its own.",
        json_schema_extra={"default": "100 MiB"},
    )
    every: Duration | None = Field(
        None, gt=0, description="When a new period of this length has begun: of `1d`, at midnight UTC."
    )
    keep: int | None = Field(None, ge=1, description="How many are kept; all by default.")
    compress: bool = Field(default=True, description="Whether they are compressed with gzip.")

    @model_validator(mode="after")
    def _by_something(self) -> Self:
        if self.size is None and self.every is None:
            raise ValueError("nothing says when to rotate: add size or every")
        return self


class AuditFile(TargetSettings):
    """One file, and which of the events are written to it."""

    path: Path = Field(
        description="The file, made with mode 0600 if there is none; relative to the directory that the daemon runs in."
    )
    rotate: Rotate | None = Field(
        None, description="Put it aside now and then; without it the file grows, unless logrotate moves it away."
    )

    @field_validator("path")
    @classmethod
    def _can_be_made(cls, path: Path) -> Path:
        if path.exists() and not path.is_file():
            raise ValueError(f"{path} is no file: name one, which need not exist")
        if not path.parent.is_dir():
            raise ValueError(f"there is no directory {path.parent}: make it first")
        return path


class Config(PluginConfig):
    """The jsonl plugin: a line of JSON per event, in files."""

    files: dict[TargetName, AuditFile] = Field(
        default_factory=dict, description="The files by name. The name is a file's identity: keep it."
    )

    @field_validator("files")
    @classmethod
    def _each_its_own(cls, files: dict[str, AuditFile]) -> dict[str, AuditFile]:
        names: dict[Path, str] = {}
        for name, file in files.items():
            first = names.setdefault(file.path.resolve(), name)
            if first != name:
                raise ValueError(f"{first} and {name} are the same file, {file.path}: give each its own")
        return files
