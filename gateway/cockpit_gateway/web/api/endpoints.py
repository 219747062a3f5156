"""The endpoints: those of the configuration file, which can be read, and those of the store, which can be changed."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from pydantic import Field

from cockpit_gateway.administration import Administration
from cockpit_gateway.config import Scope
from cockpit_gateway.web.api.operations import Resource, operation
from cockpit_gateway.web.api.parameters import Body
from cockpit_gateway.web.api.queries import NamesQuery, page_by_name
from cockpit_gateway.web.api.targets import PauseRequest, TestRequest
from cockpit_gateway.web.api.views.deliveries import AttemptDetail
from cockpit_gateway.web.api.views.endpoints import EndpointDetail, EndpointList, SignedEndpoint
from cockpit_gateway.web.api.views.targets import TargetSummary

EndpointName = Annotated[str, Field(description="The endpoint's name.")]

_DAY = 24 * 3600.0


class EndpointRequest(Body):
    """An endpoint that is to be made."""

    name: str = Field(description="Its name.", examples=["rebuild-site"])
    settings: dict[str, Any] = Field(description="Its settings, as they would stand in the configuration file.")
    new_secret: bool = Field(default=False, description="Make a secret that it signs with; the answer has it.")


class EndpointReplacement(Body):
    """An endpoint's settings."""

    settings: dict[str, Any] = Field(
        description="All of its settings; `***` where a secret is shown like that keeps the secret."
    )


class EndpointChange(Body):
    """Some of an endpoint's settings."""

    settings: dict[str, Any] = Field(description="What is to be another; null takes a setting away (RFC 7396).")


class RotationRequest(Body):
    """A new secret."""

    grace: float = Field(default=_DAY, ge=0, le=30 * _DAY, description="Seconds that the one before signs, too.")


class Endpoints(Resource):
    """The URLs that events are delivered to. Those of the configuration file are changed there.

    Args:
        administration: Does what is asked.
    """

    tag = "endpoints"

    def __init__(self, administration: Administration) -> None:
        self._admin = administration
        self._endpoints = administration.endpoints

    @operation("GET", "/endpoints", Scope.READ)
    async def list_endpoints(self, query: NamesQuery) -> EndpointList:
        """List the endpoints."""
        page = page_by_name(self._endpoints.names(), lambda name: name, query)
        found = await self._endpoints.all(page.rows)
        return EndpointList(endpoints=[EndpointDetail.of(endpoint) for endpoint in found], next=page.following)

    @operation("POST", "/endpoints", Scope.ADMIN, status=HTTPStatus.CREATED, shown="endpoint")
    async def create_endpoint(self, body: EndpointRequest) -> SignedEndpoint:
        """Make an endpoint; it takes part when this is answered."""
        made = await self._endpoints.create(body.name, body.settings, new_secret=body.new_secret)
        return SignedEndpoint.of(made)

    @operation("GET", "/endpoints/{endpoint}", Scope.READ)
    async def show_endpoint(self, endpoint: EndpointName) -> EndpointDetail:
        """Show an endpoint with its settings; secrets are `***`."""
        return EndpointDetail.of(self._endpoints.get(endpoint))

    @operation("PUT", "/endpoints/{endpoint}", Scope.ADMIN, guard="show_endpoint", shown="")
    async def replace_endpoint(self, endpoint: EndpointName, body: EndpointReplacement) -> EndpointDetail:
        """Replace an endpoint's settings."""
        return EndpointDetail.of(await self._endpoints.change(endpoint, body.settings))

    @operation("PATCH", "/endpoints/{endpoint}", Scope.ADMIN, guard="show_endpoint", shown="")
    async def change_endpoint(self, endpoint: EndpointName, body: EndpointChange) -> EndpointDetail:
        """Change some of an endpoint's settings."""
        return EndpointDetail.of(await self._endpoints.patch(endpoint, body.settings))

    @operation("DELETE", "/endpoints/{endpoint}", Scope.ADMIN, status=HTTPStatus.NO_CONTENT, guard="show_endpoint")
    async def delete_endpoint(self, endpoint: EndpointName) -> None:
        """Delete an endpoint; what was to be delivered to it is held."""
        await self._endpoints.delete(endpoint)

    @operation("POST", "/endpoints/{endpoint}/rotate-secret", Scope.ADMIN, guard="show_endpoint", shown="endpoint")
    async def rotate_secret(self, endpoint: EndpointName, body: RotationRequest) -> SignedEndpoint:
        """Give an endpoint another secret to sign with; the answer has it."""
        return SignedEndpoint.of(await self._endpoints.rotate_secret(endpoint, grace=body.grace))

    @operation("POST", "/endpoints/{endpoint}/pause", Scope.OPERATE)
    async def pause_endpoint(self, endpoint: EndpointName, body: PauseRequest) -> TargetSummary:
        """Hold an endpoint's deliveries until it is resumed; what is under way goes on."""
        target_id = self._endpoints.get(endpoint).target_id
        return TargetSummary.of(await self._admin.pause(target_id, body.reason))

    @operation("POST", "/endpoints/{endpoint}/resume", Scope.OPERATE)
    async def resume_endpoint(self, endpoint: EndpointName) -> TargetSummary:
        """Let a paused endpoint's deliveries run again."""
        return TargetSummary.of(await self._admin.resume(self._endpoints.get(endpoint).target_id))

    @operation("POST", "/endpoints/{endpoint}/enable", Scope.OPERATE)
    async def enable_endpoint(self, endpoint: EndpointName) -> TargetSummary:
        """Let a disabled or broken endpoint's deliveries run again."""
        return TargetSummary.of(await self._admin.enable(self._endpoints.get(endpoint).target_id))

    @operation("POST", "/endpoints/{endpoint}/test", Scope.OPERATE)
    async def test_endpoint(self, endpoint: EndpointName, body: TestRequest) -> AttemptDetail:
        """Make one attempt at an endpoint, whatever holds it; nothing is stored, and nothing repeated."""
        target_id = self._endpoints.get(endpoint).target_id
        return AttemptDetail.of(await self._admin.test(target_id, body.event))
