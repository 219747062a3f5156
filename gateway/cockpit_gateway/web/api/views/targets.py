"""Targets and plugins as the API shows them."""

from __future__ import annotations

import math
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field

from cockpit_gateway.deliveries import Hold
from cockpit_gateway.overview import TargetReport
from cockpit_gateway.registry import LoadedPlugin, PluginStatus
from cockpit_gateway.targets import Target
from cockpit_gateway.web.api.views.base import Next, Time, View, iso_or_none


class CoalesceRule(View):
    """How bursts of one key are merged."""

    model_config = ConfigDict(from_attributes=True)

    wait: float = Field(description="Seconds without a newer delivery before a burst is over.")
    max_wait: float = Field(description="Seconds after its first event at which a burst is delivered anyway.")
    keep: Literal["first", "last", "list"] = Field(description="Which event is delivered; list for all in one.")


class BreakerRule(View):
    """When a target is left alone that fails again and again."""

    model_config = ConfigDict(from_attributes=True)

    failures: int = Field(description="Failed attempts in a row.")
    wait: float = Field(description="Seconds of the first pause.")
    longest: float = Field(description="Seconds of the longest pause.")


class BacklogRule(View):
    """How much may wait for a target."""

    model_config = ConfigDict(from_attributes=True)

    age: float = Field(description="Seconds that a delivery may wait.")
    rows: int = Field(description="Deliveries.")
    size: int = Field(description="Bytes of their events' bodies.")


class TargetRules(View):
    """The rules that the gateway keeps for a target."""

    timeout: float = Field(description="Seconds that an attempt may take.")
    concurrency: int = Field(description="Attempts under way at once.")
    retry: list[float] = Field(description="Seconds before each attempt.")
    rate_per_second: float | None = Field(description="Attempts per second, null for any number.")
    ordered: bool = Field(description="Whether the order of acceptance is kept within a key.")
    coalesce: CoalesceRule | None = Field(description="How bursts are merged.")
    breaker: BreakerRule | None = Field(description="When it is left alone.")
    backlog: BacklogRule = Field(description="How much may wait for it.")
    disable_after: float | None = Field(description="Seconds of nothing but failures after which it is disabled.")

    @classmethod
    def of(cls, target: Target) -> Self:
        """Return what is shown of a target's rules."""
        return cls(
            timeout=target.timeout,
            concurrency=target.concurrency,
            retry=list(target.schedule.delays),
            rate_per_second=None if target.rate is None else target.rate.per_second,
            ordered=target.ordered,
            coalesce=target.coalesce and CoalesceRule.model_validate(target.coalesce),
            breaker=target.breaker and BreakerRule.model_validate(target.breaker),
            backlog=BacklogRule.model_validate(target.backlog),
            disable_after=None if math.isinf(target.patience) else target.patience,
        )


class TargetSummary(View):
    """A target as a list shows it."""

    plugin: str = Field(description="The plugin that it belongs to.")
    target: str = Field(description="Its name.")
    state: Hold | Literal["active"] = Field(description="Whether deliveries to it are made, or why not.")
    reason: str | None = Field(description="More about that.")
    since: Time | None = Field(description="Since when it is paused or disabled.")
    pending: int = Field(description="Deliveries that wait.")
    oldest_at: Time | None = Field(description="Since when the longest waits.")

    @classmethod
    def of(cls, report: TargetReport, **more: Any) -> Self:
        """Return what is shown of a target; `more` has the fields of a subclass."""
        return cls(
            plugin=report.target_id.plugin,
            target=report.target_id.target,
            state=report.state,
            reason=report.reason,
            since=iso_or_none(report.changed_at),
            pending=report.pending,
            oldest_at=iso_or_none(report.oldest_at),
            **more,
        )


class TargetDetail(TargetSummary):
    """A target with its rules."""

    rules: TargetRules | None = Field(description="Its rules, null if the configuration does not name it any more.")

    @classmethod
    def with_rules(cls, report: TargetReport) -> Self:
        """Return what is shown of a target with its rules."""
        return cls.of(report, rules=None if report.target is None else TargetRules.of(report.target))


class TargetList(View):
    """A page of targets."""

    targets: list[TargetSummary] = Field(description="They, by plugin and name.")
    next: Next


class PluginSummary(View):
    """A plugin, a broken one with its problem, and where it comes from."""

    name: str = Field(description="Its name.")
    version: str | None = Field(description="The version of its distribution.")
    distribution: str | None = Field(description="The distribution that it is installed by.")
    place: str | None = Field(description="The file or module that it comes from, if it is not installed.")
    status: PluginStatus | Literal["stuck"] = Field(description="Whether it takes part; stuck if its threads hang.")
    hooks: list[str] = Field(description="The hooks that it implements.")
    problem: str | None = Field(description="Why it is broken.")
    warnings: list[str] = Field(description="What of it does not work, or will not with a later version.")

    @classmethod
    def of(cls, plugin: LoadedPlugin, status: PluginStatus | Literal["stuck"]) -> Self:
        """Return what is shown of a plugin.

        Args:
            plugin: The plugin.
            status: Its status.
        """
        return cls(
            name=plugin.name,
            version=plugin.version,
            distribution=plugin.distribution,
            place=plugin.place,
            status=status,
            hooks=list(plugin.hooks),
            problem=plugin.problem,
            warnings=list(plugin.warnings),
        )


class PluginList(View):
    """A page of plugins."""

    plugins: list[PluginSummary] = Field(description="They, by name.")
    next: Next
