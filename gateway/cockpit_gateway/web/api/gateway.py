"""The gateway itself: whether it is ready, a restart, and the description of this API."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from pydantic import Field

from cockpit_gateway.administration import Administration
from cockpit_gateway.config import Scope
from cockpit_gateway.web.api.operations import Resource, operation
from cockpit_gateway.web.api.reloads import ReloadStateView
from cockpit_gateway.web.api.views.base import Time, View, iso
from cockpit_gateway.web.console.links import VALID, Links


class Status(View):
    """How the gateway is."""

    version: str = Field(description="Its version.")
    pid: int = Field(description="The id of its process.")
    unready: str | None = Field(description="Why events cannot be taken now, null when they can.")
    configuration: ReloadStateView = Field(description="Which one is in force, and how the last reload went.")


class HandedOver(View):
    """A restart that has begun."""

    pid: int = Field(description="The id of the process that ends.")
    successor: int = Field(description="The id of the process that takes its place.")


class ConsoleLink(View):
    """A link that opens the console, once."""

    url: str = Field(description="The link.")
    expires_at: Time = Field(description="Until when it is valid.")


class GatewayItself(Resource):
    """The gateway itself.

    Args:
        administration: Does what is asked.
        links: Opens the console.
        describe: Returns the description of this API.
    """

    tag = "gateway"

    def __init__(self, administration: Administration, links: Links, describe: Callable[[], dict[str, Any]]) -> None:
        self._admin = administration
        self._links = links
        self._describe = describe

    @operation("GET", "/status", Scope.READ)
    async def show_status(self) -> Status:
        """Show the version, and whether the gateway is ready."""
        return Status(
            version=self._admin.version,
            pid=os.getpid(),
            unready=self._admin.unready(),
            configuration=ReloadStateView.of(self._admin.reload_state()),
        )

    @operation("POST", "/restart", Scope.ADMIN, may=[HTTPStatus.CONFLICT])
    async def restart(self) -> HandedOver:
        """Hand over to a new process, and answer once it is prepared; events that are posted meanwhile are taken."""
        return HandedOver(pid=os.getpid(), successor=await self._admin.restart())

    @operation("POST", "/console-links", Scope.ADMIN, may=[HTTPStatus.CONFLICT])
    async def make_console_link(self) -> ConsoleLink:
        """Make a link that opens the console once, without a token, for whoever has it."""
        url = self._links.new()
        return ConsoleLink(url=url, expires_at=iso(self._admin.clock.time() + VALID))

    @operation("GET", "/openapi.json", Scope.READ)
    async def show_openapi(self) -> dict[str, Any]:
        """Show what this API can be asked for, as OpenAPI 3.1."""
        return await asyncio.to_thread(self._describe)  # it takes longer than anybody should wait for the loop
