"""The configuration: what is in force, and its reload."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from pydantic import Field

from cockpit_gateway.administration import Administration
from cockpit_gateway.config import Scope
from cockpit_gateway.config.differences import Change
from cockpit_gateway.config.problems import render_path
from cockpit_gateway.web.api.operations import Resource, operation
from cockpit_gateway.web.api.views.base import Time, View, iso


class SettingView(View):
    """A setting that is in force."""

    path: str = Field(description="Where it stands.")
    value: Any = Field(description="What it is; secrets are `***`.")
    origin: str = Field(description="Where it comes from: a line of the file, the environment, the default, the store.")


class ChangedSetting(View):
    """A setting that has become another."""

    path: str = Field(description="Where it stands.")
    change: str = Field(description="What has become of it.")


class ConfigurationView(View):
    """Every setting that is in force, and how the last reload went."""

    digest: str = Field(description="What tells the text of the file that is in force from another.")
    loaded_at: Time = Field(description="When that was put in force.")
    tried_at: Time = Field(description="When the last reload was tried.")
    problem: str | None = Field(description="Why that failed, null if it did not.")
    deferred: list[ChangedSetting] = Field(description="What stands in the file and waits for a restart.")
    settings: list[SettingView] = Field(description="The settings.")


class Reloaded(View):
    """A reload."""

    changes: list[ChangedSetting] = Field(description="What is in force now.")
    deferred: list[ChangedSetting] = Field(description="What stands in the file and waits for a restart.")


class Configuration(Resource):
    """What is in force, without its secrets, and its reload.

    Args:
        administration: Does what is asked.
    """

    tag = "configuration"

    def __init__(self, administration: Administration) -> None:
        self._admin = administration

    @operation("GET", "/configuration", Scope.READ)
    async def show_configuration(self) -> ConfigurationView:
        """Show every setting that is in force, without its secrets, and where it comes from."""
        state = self._admin.reload_state()
        return ConfigurationView(
            digest=state.digest,
            loaded_at=iso(state.loaded_at),
            tried_at=iso(state.tried_at),
            problem=state.problem,
            deferred=_changed(state.deferred),
            settings=[
                SettingView(path=render_path(found.path), value=found.value, origin=found.origin)
                for found in self._admin.configuration()
            ],
        )

    @operation("POST", "/reload", Scope.ADMIN, may=[HTTPStatus.CONFLICT])
    async def reload(self) -> Reloaded:
        """Put the configuration file in force as it is now; one with mistakes changes nothing."""
        done = await self._admin.reload()
        return Reloaded(changes=_changed(done.changes), deferred=_changed(done.deferred))


def _changed(changes: Sequence[Change]) -> list[ChangedSetting]:
    return [ChangedSetting(path=render_path(path), change=str(what)) for path, what in changes]
