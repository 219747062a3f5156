"""The configuration in force: which one that is, and another one in its place."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Literal

from pydantic import Field

from cockpit_gateway.administration import Administration
from cockpit_gateway.config import Scope
from cockpit_gateway.config.differences import Change
from cockpit_gateway.config.problems import render_path
from cockpit_gateway.errors import ConfigError, PluginError
from cockpit_gateway.reloading import ReloadState
from cockpit_gateway.web.api.operations import Resource, operation
from cockpit_gateway.web.api.views.base import Time, View, iso
from cockpit_gateway.web.problems import Problem


class SettingView(View):
    """A setting that is different."""

    setting: str = Field(description="Where it stands, as `server.max_body`.")
    change: Literal["added", "removed", "changed"] = Field(description="What has become of it.")

    @classmethod
    def all_of(cls, changes: Sequence[Change]) -> list[SettingView]:
        """Return them of changes."""
        return [cls(setting=render_path(change.path), change=change.what) for change in changes]


class ReloadStateView(View):
    """Which configuration is in force, and how the last reload went."""

    hash: str = Field(description="What tells the text of the file that is in force from another.")
    loaded_at: Time = Field(description="Since when it is in force.")
    reloaded_at: Time = Field(description="When the last reload was tried.")
    problem: str | None = Field(description="Why that changed nothing, null if it worked.")
    needs_restart: list[SettingView] = Field(description="What stands in the file and waits for a restart.")

    @classmethod
    def of(cls, state: ReloadState) -> ReloadStateView:
        """Return the view of a state."""
        return cls(
            hash=state.digest,
            loaded_at=iso(state.loaded_at),
            reloaded_at=iso(state.tried_at),
            problem=state.problem,
            needs_restart=SettingView.all_of(state.deferred),
        )


class SettingInForce(View):
    """A setting that is in force."""

    path: str = Field(description="Where it stands.")
    value: Any = Field(description="What it is; secrets are `***`.")
    origin: str = Field(description="Where it comes from: a line of the file, the environment, the default, the store.")


class SettingsInForce(View):
    """Every setting that is in force."""

    settings: list[SettingInForce] = Field(description="They, in the order of the file.")


class NodeReloaded(View):
    """What a node made of its own file."""

    name: str = Field(description="The node.")
    problem: str | None = Field(description="Why it changed nothing, null if it worked.")


class Reloaded(View):
    """What a reload has changed."""

    changes: list[SettingView] = Field(description="What is different from before, and in force.")
    needs_restart: list[SettingView] = Field(description="What stands in the file and waits for a restart.")
    hash: str = Field(description="What tells the text of the file from another.")
    nodes: list[NodeReloaded] = Field(
        description="The gateways that share the store, this one among them; one that is not listed has not answered."
    )


class ConfigurationInForce(Resource):
    """The configuration in force.

    Args:
        administration: Does what is asked.
    """

    tag = "configuration"

    def __init__(self, administration: Administration) -> None:
        self._admin = administration

    @operation("GET", "/configuration", Scope.READ)
    async def show_configuration(self) -> SettingsInForce:
        """Show every setting that is in force, without its secrets, and where it comes from."""
        return SettingsInForce(
            settings=[
                SettingInForce(path=render_path(found.path), value=found.value, origin=found.origin)
                for found in await self._admin.configuration()
            ]
        )

    @operation("GET", "/reload", Scope.READ)
    async def show_reload(self) -> ReloadStateView:
        """Show which configuration is in force, and how the last reload went."""
        return ReloadStateView.of(self._admin.reload_state())

    @operation("POST", "/reload", Scope.ADMIN, may=[HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY])
    async def reload(self) -> Reloaded:
        """Put the configuration file in force as it is now: all of it, or with a mistake in it nothing.

        Then every other gateway on the same database does so with its own file.
        """
        try:
            done, nodes = await self._admin.reload_everywhere()
        except (ConfigError, PluginError) as error:
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error
        return Reloaded(
            changes=SettingView.all_of(done.changes),
            needs_restart=SettingView.all_of(done.deferred),
            hash=self._admin.reload_state().digest,
            nodes=[NodeReloaded(name=node.facts.name, problem=node.facts.problem) for node in nodes],
        )
