"""The parameters of lists and walks, and the filters that they become."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Self, TypeVar

from pydantic import Field, model_validator

from cockpit_gateway.deliveries import DeliveryState, TargetId
from cockpit_gateway.events import EventStatus
from cockpit_gateway.replays import CANCELLABLE
from cockpit_gateway.store.records import DeliveryFilter, EventFilter
from cockpit_gateway.web.api.cursors import (
    NAMES,
    DeliveriesCursor,
    EventsCursor,
    NamesCursor,
    WalkCursor,
    cursor_text,
)
from cockpit_gateway.web.api.parameters import Flag, Limit, Moment, Query

MOST_NAMED = 100
"""Ids in one request."""

_CURSOR = Field(default=None, description="The `next` of the answer before, to go on there.")
_LIMIT = Field(default=50)
_Named = TypeVar("_Named")


class EventChoice(Query):
    """Which events, by what they are."""

    id: list[str] = Field(default=[], max_length=MOST_NAMED, description="Only these; may be given several times.")
    name: str | None = Field(default=None, description="Only of this full name.", examples=["collections.save.after"])
    source: str | None = Field(default=None, description="Only from this source.", examples=["website"])
    subject: str | None = Field(
        default=None, description="Only about this, or about what is below it.", examples=["collections/posts"]
    )
    status: EventStatus | None = Field(default=None, description="Only of this status.")
    since: Moment | None = Field(
        default=None, description="Only received then or later.", examples=["2026-11-20T08:00:00Z"]
    )
    until: Moment | None = Field(default=None, description="Only received before.", examples=["2026-11-27T08:00:00Z"])

    @model_validator(mode="after")
    def _has_a_period(self) -> Self:
        _refuse_no_period(self.since, self.until)
        return self

    def filter(self, *, before: int | None = None, limit: int = 50) -> EventFilter:
        """Return the filter that it is, for a page of a list."""
        return EventFilter(
            self.id, self.name, self.source, self.subject, self.status, self.since, self.until, before, limit
        )


class EventsQuery(EventChoice):
    """Which events, and which page of them."""

    limit: Limit = _LIMIT
    cursor: EventsCursor | None = _CURSOR


class EventsWalk(EventChoice):
    """Which events, and where the walk through them goes on."""

    cursor: WalkCursor | None = _CURSOR


class PurgeWalk(EventsWalk):
    """Which events are to go: never all of them because nothing was said."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        narrowing = set(EventChoice.model_fields) - {"status"}
        if not narrowing & self.model_fields_set:
            raise ValueError(f"say which events are to go, by {', '.join(sorted(narrowing))}")
        return self


class OneTarget(Query):
    """One target, or all."""

    plugin: str | None = Field(default=None, description="With `target`: only this target.")
    target: str | None = Field(default=None, description="With `plugin`: only this target.")

    @model_validator(mode="after")
    def _names_a_target(self) -> Self:
        if (self.plugin is None) != (self.target is None):
            raise ValueError("plugin and target are given together, or neither")
        return self

    @property
    def only(self) -> TargetId | None:
        """The target that is meant, None for all."""
        return None if self.plugin is None or self.target is None else TargetId(self.plugin, self.target)


class EventsReplay(EventsWalk, OneTarget):
    """Which events are delivered anew, and whereto."""


class DeliveryChoice(Query):
    """Which deliveries: by where they go, how they stand, and what their event is."""

    id: list[str] = Field(default=[], max_length=MOST_NAMED, description="Only these; may be given several times.")
    plugin: str | None = Field(default=None, description="Only to targets of this plugin.", examples=["webhook"])
    target: str | None = Field(default=None, description="Only to the target of this name.")
    state: list[DeliveryState] = Field(default=[], description="Only in this state; may be given several times.")
    event: str | None = Field(default=None, description="Only of the event with this id.")
    name: str | None = Field(default=None, description="Only of events of this full name.")
    source: str | None = Field(default=None, description="Only of events from this source.")
    subject: str | None = Field(default=None, description="Only of events about this, or about what is below it.")
    since: Moment | None = Field(
        default=None, description="Only of events received then or later.", examples=["2026-11-20T08:00:00Z"]
    )
    until: Moment | None = Field(
        default=None, description="Only of events received before.", examples=["2026-11-27T08:00:00Z"]
    )

    @model_validator(mode="after")
    def _has_a_period(self) -> Self:
        _refuse_no_period(self.since, self.until)
        return self

    def filter(self, *, before: str | None = None, limit: int = 50) -> DeliveryFilter:
        """Return the filter that it is, for a page of a list."""
        return DeliveryFilter(
            ids=self.id,
            plugin=self.plugin,
            target=self.target,
            states=self.state,
            event_id=self.event,
            name=self.name,
            source=self.source,
            subject=self.subject,
            since=self.since,
            until=self.until,
            before=before,
            limit=limit,
        )


class DeliveriesQuery(DeliveryChoice):
    """Which deliveries, and which page of them."""

    limit: Limit = _LIMIT
    cursor: DeliveriesCursor | None = _CURSOR


class CancelChoice(DeliveryChoice):
    """Which deliveries are to be made no more."""

    state: list[DeliveryState] = Field(
        default=[],
        description="Only in this state: pending, which is meant unless it is given, or dead.",
        json_schema_extra={"items": {"enum": [*CANCELLABLE]}},
    )

    @model_validator(mode="after")
    def _can_be_cancelled(self) -> Self:
        if not set(self.state).issubset(CANCELLABLE):
            raise ValueError(f"only {' and '.join(CANCELLABLE)} deliveries can be cancelled")
        return self


class CancelWalk(CancelChoice):
    """Which deliveries are to be made no more, and where the walk through them goes on."""

    cursor: WalkCursor | None = _CURSOR


class ReplayWalk(DeliveryChoice):
    """Which deliveries are made again, how, and where the walk through them goes on."""

    new_id: Flag = Field(
        default=False, description="Under new ids, so that receivers do not take them for repetitions."
    )
    cursor: WalkCursor | None = _CURSOR


class NamesQuery(Query):
    """Which page of things that have a name."""

    limit: Limit = _LIMIT
    cursor: NamesCursor | None = _CURSOR


class Page(NamedTuple):
    """A page of a list.

    Attributes:
        rows: What is on it.
        following: The cursor of the next page, None after the last.
    """

    rows: Sequence[Any]
    following: str | None


def page_by_name(rows: Sequence[_Named], name: Callable[[_Named], tuple[str, ...]], query: NamesQuery) -> Page:
    """Return a page of what is in memory.

    Args:
        rows: Everything.
        name: Returns the name of one, in its parts: they are listed in this order.
        query: Which page.
    """
    wanted = sorted((row for row in rows if query.cursor is None or [*name(row)] > query.cursor), key=name)
    page = wanted[: query.limit]
    more = len(wanted) > len(page)
    return Page(page, cursor_text(NAMES, name(page[-1])) if more else None)


def _refuse_no_period(since: float | None, until: float | None) -> None:
    if since is not None and until is not None and since >= until:
        raise ValueError("since is not before until")
