"""Calls of hooks as the API shows them."""

from __future__ import annotations

from pydantic import Field

from cockpit_gateway.web.api.views.base import Time, View


class TracedCall(View):
    """A call of a hook that has ended."""

    began_at: Time = Field(description="When it began.")
    plugin: str = Field(description="The plugin.")
    hook: str = Field(description="The hook.")
    seconds: float = Field(description="How long it took.")
    event: str | None = Field(description="The name of the event that it was for.")
    event_id: str | None = Field(description="That event's id.")
    source: str | None = Field(description="That event's source.")
    subjects: list[str] | None = Field(description="What that event is about.")
    delivery_id: str | None = Field(description="The delivery that it was for.")
    result: str | None = Field(description="What it returned, in a word or two.")
    error: str | None = Field(description="What it raised, without secrets.")
    where: str | None = Field(description="The plugin's line that raised it.")
    arguments: dict[str, str] | None = Field(description="What Cockpit sent, each in brief; null unless asked for.")
    missed: int = Field(description="Calls before this one that are not told of: they came too fast.")
