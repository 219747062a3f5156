"""What replays, cancellations and purges come to, as the API shows it."""

from __future__ import annotations

from typing import Self

from pydantic import Field

from cockpit_gateway.deliveries import DeliveryState, Hold, TargetId
from cockpit_gateway.purges import PurgeStep
from cockpit_gateway.replays import PlannedStep, PlannedTally
from cockpit_gateway.store.records import Found, Step, Tally
from cockpit_gateway.web.api.cursors import WALK, cursor_text
from cockpit_gateway.web.api.views.base import Next, Time, View, iso


class DeliveryTally(View):
    """How many deliveries to one target, in one state, a filter finds."""

    plugin: str = Field(description="The plugin of the target.")
    target: str = Field(description="The target.")
    state: DeliveryState = Field(description="The state.")
    deliveries: int = Field(description="How many.")
    oldest: Time = Field(description="When the first of their events was received.")
    newest: Time = Field(description="When the last of their events was received.")
    overtaken: int = Field(description="How many of them a newer event about the same has overtaken.")
    held: Hold | None = Field(description="Why deliveries to it are passed by, null if they are not.")

    @classmethod
    def of(cls, tally: Tally, held: Hold | None) -> Self:
        """Return what is shown of a tally."""
        return cls(
            plugin=tally.target_id.plugin,
            target=tally.target_id.target,
            state=tally.state,
            deliveries=tally.found,
            oldest=iso(tally.oldest),
            newest=iso(tally.newest),
            overtaken=tally.overtaken,
            held=held,
        )


class Preview(View):
    """What a replay or a cancellation would take."""

    found: list[DeliveryTally] = Field(description="The deliveries, by target and state.")


class ChangeStep(View):
    """What one step of a replay or a cancellation did."""

    changed: int = Field(description="Deliveries that were changed.")
    skipped: int = Field(description="Deliveries that were left alone: running, or changed meanwhile.")
    next: Next

    @classmethod
    def of(cls, step: Step) -> Self:
        """Return what is shown of a step."""
        return cls(changed=step.changed, skipped=step.skipped, next=cursor_text(WALK, step.following))


class ReplayTally(View):
    """What some events give rise to for one target."""

    plugin: str = Field(description="The plugin of the target.")
    target: str = Field(description="The target.")
    deliveries: int = Field(description="How many deliveries.")
    repeated: int = Field(description="How many of them are of events that were delivered to it before.")
    oldest: Time = Field(description="When the first of the events was received.")
    newest: Time = Field(description="When the last of the events was received.")
    held: Hold | None = Field(description="Why deliveries to it are passed by, null if they are not.")

    @classmethod
    def of(cls, target_id: TargetId, tally: PlannedTally, held: Hold | None) -> Self:
        """Return what is shown of what was planned for a target."""
        return cls(
            plugin=target_id.plugin,
            target=target_id.target,
            deliveries=tally.deliveries,
            repeated=tally.repeated,
            oldest=iso(tally.oldest),
            newest=iso(tally.newest),
            held=held,
        )


class ReplayStep(View):
    """What one step through stored events gave rise to, or would."""

    events: int = Field(description="How many events it looked at.")
    targets: list[ReplayTally] = Field(description="What they give rise to.")
    failed: dict[str, int] = Field(description="How many plans failed, by plugin.")
    begin: str = Field(description="The cursor at which the walk began: from there, none that came since is found.")
    done: float = Field(description="How much of the walk is done, 1 for all.")
    next: Next

    @classmethod
    def of(cls, step: PlannedStep, targets: list[ReplayTally]) -> Self:
        """Return what is shown of a step."""
        return cls(
            events=step.events,
            targets=targets,
            failed=dict(step.failed),
            begin=cursor_text(WALK, step.begin) or "",
            done=1.0 if step.following is None else step.following.seq / step.following.last,
            next=cursor_text(WALK, step.following),
        )


class PurgePreview(View):
    """What one step of a purge would delete."""

    events: int = Field(description="Events.")
    deliveries: int = Field(description="Deliveries of theirs.")
    pending: int = Field(description="How many of these are to be made yet.")
    running: int = Field(description="How many of these are under way.")
    next: Next

    @classmethod
    def of(cls, found: Found) -> Self:
        """Return what is shown of what was found."""
        return cls(
            events=found.events,
            deliveries=found.deliveries,
            pending=found.pending,
            running=found.running,
            next=cursor_text(WALK, found.following),
        )


class PurgedStep(View):
    """What one step of a purge deleted."""

    events: int = Field(description="Events that are gone.")
    skipped: int = Field(description="Events that were left: being delivered.")
    traceless: bool | None = Field(
        description="After the last step, whether nothing of it is left in the store's files; null before."
    )
    next: Next

    @classmethod
    def of(cls, purged: PurgeStep) -> Self:
        """Return what is shown of a step."""
        step, traceless = purged
        following = cursor_text(WALK, step.following)
        return cls(events=step.changed, skipped=step.skipped, traceless=traceless, next=following)
