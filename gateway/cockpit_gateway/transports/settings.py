"""The settings that every target has, whatever delivers to it."""

from __future__ import annotations

from pydantic import Field, ValidationInfo, field_validator

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.config import (
    ConfiguredSource,
    Duration,
    EventPattern,
    PluginConfig,
    RateSetting,
    RetrySetting,
    catalogue_of,
)
from cockpit_gateway.config.rules import BacklogSetting, BreakerSetting, CoalesceSetting
from cockpit_gateway.expressions import Expression
from cockpit_gateway.matching import Subscription
from cockpit_gateway.targets import RetrySchedule, Target
from cockpit_gateway.transports.fields import KeySetting, LaneKey, WhenSetting, refuse_undeclared


class TargetSettings(PluginConfig):
    """Which events go to a target, and by which rules: add what your transport needs beside them.

    Example:
        >>> class Queue(TargetSettings):
        ...     topic: str
    """

    events: list[EventPattern] = Field(
        min_length=1,
        description="Cockpit's event names: exact (collections.save.after), of one collection, form or singleton "
        "(collections.save.after.posts), or patterns (collections.*). A pattern matches no noise: "
        "name an event such as collections.find.after in full.",
        examples=[["collections.save.after", "collections.remove.after"], ["collections.*"]],
    )
    sources: list[ConfiguredSource] = Field(
        default_factory=list, description="Only events of these sources; empty for all."
    )
    when: WhenSetting | None = Field(
        None,
        description="Only events for which this Jinja expression is true, over `event` (name, type, source, label, "
        "hook, collection, form, singleton, subject …) and the event's arguments.",
        examples=['event.collection in ["posts", "pages"]', "entry.published"],
    )
    active: bool = Field(default=True, description="false: nothing new is sent there, and what is pending is held.")
    timeout: Duration = Field(15.0, gt=0, le=600, description="Time budget of one attempt.")
    retry: RetrySetting = Field(default_factory=RetrySchedule, description="When to try again.")
    concurrency: int = Field(10, ge=1, le=1000, description="Attempts under way at once.")
    rate: RateSetting | None = Field(None, description="At most so many attempts per time.")
    key: KeySetting = Field(
        "subject",
        description="What order and coalescing go by: the event's `subject`, one lane for the whole `endpoint`, "
        "or a Jinja expression such as `event.collection`.",
        examples=["subject", "endpoint", "event.collection"],
    )
    ordered: bool = Field(default=False, description="true: of one key, one delivery at a time, oldest first.")
    coalesce: CoalesceSetting | None = Field(None, description="Merge bursts of one key.")

    breaker: BreakerSetting = Field(
        default_factory=BreakerSetting, description="When an endpoint that fails is left alone."
    )
    disable_after: Duration | None = Field(
        None,
        gt=0,
        description="After nothing but failures for so long, the endpoint is disabled until a person enables it, with "
        "warnings at 25, 50 and 75 %. By default as long as its retries last, at least a day.",
    )
    backlog: BacklogSetting = Field(default_factory=BacklogSetting, description="How much may wait.")
    pause_loops: bool = Field(
        default=False,
        description="true: pause the endpoint when its deliveries seem to cause the events that they are made of; "
        "false: only warn.",
    )

    @field_validator("when", "key")
    @classmethod
    def _each_event_has_its_arguments(cls, value: LaneKey | None, info: ValidationInfo) -> LaneKey | None:
        if isinstance(value, Expression):
            refuse_undeclared(value.names, info.data.get("events", ()), catalogue_of(info))
        return value

    @property
    def subscription(self) -> Subscription:
        """Which events it wants."""
        return Subscription(tuple(self.events), frozenset(self.sources), self.when)

    def target(self, name: str, catalogue: Catalogue, fingerprint: str = "") -> Target:
        """Return the rules that the gateway keeps for the target.

        Args:
            name: Its name.
            catalogue: The events: `context.catalogue`.
            fingerprint: What clears "paused" and "disabled" when it changes, such as a digest of where the target is.
        """
        return Target(
            name,
            timeout=self.timeout,
            concurrency=self.concurrency,
            schedule=self.retry,
            rate=self.rate,
            ordered=self.ordered,
            coalesce=self.coalesce.rule() if self.coalesce else None,
            breaker=self.breaker.rule(),
            backlog=self.backlog.limit(),
            disable_after=self.disable_after,
            active=self.active,
            pauses_loops=self.pause_loops,
            wants_noise=self.subscription.named_noise(catalogue) if self.active else frozenset(),
            fingerprint=fingerprint,
        )
