"""Endpoints as the API shows them."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field

from cockpit_gateway.endpoints import Endpoint, Signed
from cockpit_gateway.web.api.views.base import Next, Time, View, iso_or_none


class EndpointMistake(View):
    """Why an endpoint does not take part."""

    path: str = Field(description="Which setting; empty for the whole.")
    message: str = Field(description="What is wrong, and what was meant.")


class EndpointDetail(View):
    """An endpoint with its settings."""

    name: str = Field(description="Its name: that of its target.")
    plugin: str = Field(description="The plugin of its target, which tells its state and backlog.")
    origin: Literal["file", "store"] = Field(description="Where it comes from; one of the file is changed there.")
    place: str | None = Field(description="Where it stands in the configuration file, null for one of the store.")
    settings: dict[str, Any] = Field(description="Its settings, as they would stand in the file; secrets are `***`.")
    created_at: Time | None = Field(description="When it was made, null for one of the file.")
    changed_at: Time | None = Field(description="When it was changed, null for one of the file.")
    mistakes: list[EndpointMistake] = Field(description="Why it does not take part; none if it does.")

    @classmethod
    def of(cls, endpoint: Endpoint) -> Self:
        """Return what is shown of an endpoint."""
        return cls(
            name=endpoint.name,
            plugin=endpoint.target_id.plugin,
            origin=endpoint.origin,
            place=endpoint.place,
            settings=endpoint.document,
            created_at=iso_or_none(endpoint.created_at),
            changed_at=iso_or_none(endpoint.changed_at),
            mistakes=[EndpointMistake(path=path, message=message) for path, message in endpoint.mistakes],
        )


class SignedEndpoint(View):
    """An endpoint with the secret that was made for it."""

    endpoint: EndpointDetail = Field(description="The endpoint.")
    secret: str | None = Field(description="The secret, shown this once; null if none was made.")

    @classmethod
    def of(cls, signed: Signed) -> Self:
        """Return what is shown of it."""
        return cls(endpoint=EndpointDetail.of(signed.endpoint), secret=signed.secret)


class EndpointList(View):
    """A page of endpoints."""

    endpoints: list[EndpointDetail] = Field(description="They, by name.")
    next: Next
