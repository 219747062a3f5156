"""Explanations as the API shows them: what became of an event, and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

from pydantic import Field

from cockpit_gateway.deliveries import Delivery, Hold
from cockpit_gateway.delivery.hindrances import WaitsFor
from cockpit_gateway.explanations import DeliveryExplanation, EventExplanation, TargetExplanation
from cockpit_gateway.web.api.views.base import Time, View, iso_or_none
from cockpit_gateway.web.api.views.deliveries import DeliverySummary
from cockpit_gateway.web.api.views.events import EventSummary

Held = Callable[[Delivery], Hold | None]
"""Returns why a delivery is passed by although it is pending."""


class ExplainedDelivery(DeliverySummary):
    """A delivery, and why it is where it is."""

    why: str = Field(description="Why it waits, or how it ended.")
    waits_for: WaitsFor | None = Field(description="What it waits for, null if it has ended.")
    until: Time | None = Field(description="Until when at most, null if that is not known.")
    other: DeliverySummary | None = Field(description="The one that it waits for, or that was sent in its place.")

    @classmethod
    def explained(cls, found: DeliveryExplanation, held: Held) -> Self:
        """Return what is shown of a delivery's explanation."""
        return cls.of(
            found.delivery,
            held(found.delivery),
            why=found.reason,
            waits_for=found.waits_for,
            until=iso_or_none(found.until),
            other=None if found.other is None else DeliverySummary.of(found.other, held(found.other)),
        )


class ExplainedTarget(View):
    """What a target has to do with the event."""

    plugin: str = Field(description="The plugin of the target.")
    target: str = Field(description="The target.")
    planned_today: bool = Field(description="Whether the event would be planned for it, if it came today.")
    reason: str = Field(description="Why, or why not, by today's configuration.")
    setting: str | None = Field(description="The setting that decides that.")
    values: dict[str, str] = Field(description="What that setting sees of the event.")
    difference: str | None = Field(description="Where today's configuration says something else than was planned.")
    deliveries: list[ExplainedDelivery] = Field(description="What was planned, oldest first.")

    @classmethod
    def of(cls, target: TargetExplanation, held: Held) -> Self:
        """Return what is shown of a target's explanation."""
        return cls(
            plugin=target.target_id.plugin,
            target=target.target_id.target,
            planned_today=target.planned_today,
            reason=target.reason,
            setting=target.setting,
            values=dict(target.values),
            difference=target.difference,
            deliveries=[ExplainedDelivery.explained(found, held) for found in target.deliveries],
        )


class ExplainedHook(View):
    """A hook that the event calls."""

    hook: str = Field(description="Its name.")
    plugins: list[str] = Field(description="The plugins that implement it.")


class Explanation(View):
    """What became of an event, and why."""

    event: EventSummary = Field(description="The event.")
    door: str = Field(description="What became of it at the door.")
    hooks: list[ExplainedHook] = Field(description="The hooks that it calls, by today's plugins.")
    targets: list[ExplainedTarget] = Field(description="Every target that is configured, or that it was planned for.")

    @classmethod
    def of(cls, found: EventExplanation, held: Held) -> Self:
        """Return what is shown of an event's explanation."""
        return cls(
            event=EventSummary.of(found.event),
            door=found.door,
            hooks=[ExplainedHook(hook=called.hook, plugins=list(called.plugins)) for called in found.hooks],
            targets=[ExplainedTarget.of(target, held) for target in found.targets],
        )
