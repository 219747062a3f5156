"""The targets: where plugins deliver to, and whether they may."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from pydantic import Field

from cockpit_gateway.administration import Administration
from cockpit_gateway.config import Scope
from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.web.api.operations import Resource, operation
from cockpit_gateway.web.api.parameters import Body
from cockpit_gateway.web.api.queries import NamesQuery, page_by_name
from cockpit_gateway.web.api.views.deliveries import AttemptDetail
from cockpit_gateway.web.api.views.targets import TargetDetail, TargetList, TargetSummary

PluginName = Annotated[str, Field(description="The plugin that it belongs to.", examples=["webhook"])]
TargetName = Annotated[str, Field(description="Its name.")]


class PauseRequest(Body):
    """A pause."""

    reason: str | None = Field(default=None, description="Why, for whoever looks at it.", examples=["maintenance"])


class TestRequest(Body):
    """A test."""

    event: str | None = Field(
        default=None, description="The id of a stored event to send, instead of one made up for the purpose."
    )


class Targets(Resource):
    """Where plugins deliver to: endpoints, and the handlers of plugins; with their state and what waits for them.

    Args:
        administration: Does what is asked.
    """

    tag = "targets"

    def __init__(self, administration: Administration) -> None:
        self._admin = administration

    @operation("GET", "/targets", Scope.READ)
    async def list_targets(self, query: NamesQuery) -> TargetList:
        """List the targets with their state and backlog."""
        page = page_by_name(await self._admin.targets(), lambda report: report.target_id, query)
        return TargetList(targets=[TargetSummary.of(report) for report in page.rows], next=page.following)

    @operation("GET", "/targets/{plugin}/{target}", Scope.READ)
    async def show_target(self, plugin: PluginName, target: TargetName) -> TargetDetail:
        """Show a target with the rules that the gateway keeps for it."""
        return TargetDetail.with_rules(await self._admin.target(TargetId(plugin, target)))

    @operation("POST", "/targets/{plugin}/{target}/pause", Scope.OPERATE)
    async def pause_target(self, plugin: PluginName, target: TargetName, body: PauseRequest) -> TargetSummary:
        """Hold a target's deliveries until it is resumed; what is under way goes on."""
        return TargetSummary.of(await self._admin.pause(TargetId(plugin, target), body.reason))

    @operation("POST", "/targets/{plugin}/{target}/resume", Scope.OPERATE, may=[HTTPStatus.CONFLICT])
    async def resume_target(self, plugin: PluginName, target: TargetName) -> TargetSummary:
        """Let a paused target's deliveries run again."""
        return TargetSummary.of(await self._admin.resume(TargetId(plugin, target)))

    @operation("POST", "/targets/{plugin}/{target}/enable", Scope.OPERATE, may=[HTTPStatus.CONFLICT])
    async def enable_target(self, plugin: PluginName, target: TargetName) -> TargetSummary:
        """Let a disabled or broken target's deliveries run again."""
        return TargetSummary.of(await self._admin.enable(TargetId(plugin, target)))

    @operation("POST", "/targets/{plugin}/{target}/test", Scope.OPERATE, may=[HTTPStatus.CONFLICT])
    async def test_target(self, plugin: PluginName, target: TargetName, body: TestRequest) -> AttemptDetail:
        """Make one attempt at a target, whatever holds it; nothing is stored, and nothing repeated."""
        return AttemptDetail.of(await self._admin.test(TargetId(plugin, target), body.event))
