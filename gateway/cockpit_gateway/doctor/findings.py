"""What a check finds, and what it looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from cockpit_gateway.config import Config, ConfigFile, Listen, Settings
from cockpit_gateway.registry import Registry


class Health(StrEnum):
    """How something is."""

    OK = "ok"
    WARN = "warn"
    """It works, and something should be done."""
    FAIL = "fail"
    """It does not work."""


class Finding(NamedTuple):
    """What a check has found.

    Attributes:
        about: What was looked at.
        health: How it is.
        what: What was found, in a line.
        cure: What to do; None if there is nothing to do.
    """

    about: str
    health: Health
    what: str
    cure: str | None = None


class Told(NamedTuple):
    """What the running gateway says.

    Attributes:
        status: Of itself; None if none runs.
        endpoints: Of its endpoints.
        problem: Why it cannot be asked, None if it was, or if none runs.
    """

    status: Mapping[str, Any] | None = None
    endpoints: Sequence[Mapping[str, Any]] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Patient:
    """A gateway that is looked at.

    Attributes:
        file: The configuration file.
        config: What it says.
        registry: The plugins.
        told: What the gateway says that runs.
    """

    file: ConfigFile
    config: Config
    registry: Registry
    told: Told

    @property
    def settings(self) -> Settings:
        """The gateway's own settings."""
        return self.config.settings

    @property
    def database(self) -> Path | None:
        """The file of the store, None if it is no file."""
        file = self.settings.store.file
        return None if file is None else file.absolute()

    @property
    def listeners(self) -> Mapping[str, Listen]:
        """Where it listens, by the setting that says so."""
        server, api = self.settings.server, self.settings.api
        given = {"server.listen": server.listen, "server.admin_listen": server.admin_listen, "api.listen": api.listen}
        return {setting: listen for setting, listen in given.items() if listen is not None}


def ok(about: str, what: str) -> Finding:
    """Return that something is well."""
    return Finding(about, Health.OK, what)


def warn(about: str, what: str, cure: str) -> Finding:
    """Return that something should be done."""
    return Finding(about, Health.WARN, what, cure)


def fail(about: str, what: str, cure: str) -> Finding:
    """Return that something does not work."""
    return Finding(about, Health.FAIL, what, cure)
