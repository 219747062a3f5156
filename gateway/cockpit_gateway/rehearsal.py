"""Rehearsals: what another configuration would make of stored events; nothing is written, sent or started."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from cockpit_gateway.config import ConfigFile, ShownSetting
from cockpit_gateway.daemon import validate
from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.events import Event, EventStatus
from cockpit_gateway.gateway import Gateway
from cockpit_gateway.targets import PLAN_TARGET

MOST_EXAMPLES = 3
"""Events that are named for each target that gets more or fewer."""


class Cast:
    """A configuration with its plugins, as they would plan: loaded anew, and not started.

    Args:
        file: The configuration.

    Raises:
        ConfigError: it has mistakes.
        PluginError: a plugin is broken.
    """

    def __init__(self, file: ConfigFile) -> None:
        self._validated = validate(file)
        config, registry, _ = self._validated
        self.settings: Sequence[ShownSetting] = file.shown(config, registry.config_models(), effective=True)

    @cached_property
    def _gateway(self) -> Gateway:
        """The gateway that would be: put together when the first event is planned."""
        return Gateway(*self._validated)

    @property
    def targets(self) -> frozenset[TargetId]:
        """Every target but those where plans are made again."""
        return frozenset(found for found in self._gateway.dispatcher.targets if found.target != PLAN_TARGET)

    async def plan(self, events: Sequence[Event]) -> Iterator[tuple[Event, frozenset[TargetId], list[str]]]:
        """Plan events: each with its targets, and the plugins whose planner failed."""
        plans = await self._gateway.plan_again(events)
        return ((event, frozenset(made.target_id for made in found), failed) for event, found, failed in plans)


@dataclass(slots=True)
class Share:
    """What a target gets of some events.

    Attributes:
        made: Deliveries that there are of them.
        before: Events that the configuration in force plans for it.
        after: Events that the other one would.
        gained: How many events it would get that it does not get.
        lost: How many events it gets that it would not.
        examples: Some of these events.
    """

    made: int = 0
    before: int = 0
    after: int = 0
    gained: int = 0
    lost: int = 0
    examples: list[tuple[str, Event]] = field(default_factory=list[tuple[str, Event]])

    def change(self, kind: str, event: Event) -> None:
        """Note an event that it would get ("gained"), or would not ("lost")."""
        seen = sum(1 for found, _ in self.examples if found == kind)
        if seen < MOST_EXAMPLES:
            self.examples.append((kind, event))
        self.gained += kind == "gained"
        self.lost += kind == "lost"


class Rehearsal:
    """Holds what another configuration makes of events against what the one in force does.

    The configurations plan one after the other, so that plugins which are modules with a state of their own do not mix
    them up: first `before` takes all the events, then `after` takes the same.
    """

    def __init__(self) -> None:
        self.shares: dict[TargetId, Share] = {}
        self.failed: dict[str, Counter[str]] = {"before": Counter(), "after": Counter()}
        self.events = 0
        self._planned: dict[int, frozenset[TargetId]] = {}
        self._sets: dict[frozenset[TargetId], frozenset[TargetId]] = {}

    async def before(self, cast: Cast, events: Sequence[Event], made: Iterable[TargetId]) -> None:
        """Plan by the configuration in force.

        Args:
            cast: That configuration.
            events: Some events.
            made: The targets of the deliveries that there are of them, once for each.
        """
        for event, targets, failed in await cast.plan(events):
            self._planned[event.seq] = self._sets.setdefault(targets, targets)
            self.failed["before"].update(failed)
            for target_id in targets:
                self._share(target_id).before += 1
        for target_id in made:
            if target_id.target != PLAN_TARGET:
                self._share(target_id).made += 1

    async def after(self, cast: Cast, events: Sequence[Event]) -> None:
        """Plan by the other configuration; events that the one in force has not planned are left out."""
        known = [event for event in events if event.seq in self._planned]
        self.events += len(known)
        for event, targets, failed in await cast.plan(known):
            self.failed["after"].update(failed)
            planned = self._planned[event.seq]
            for target_id in targets:
                self._share(target_id).after += 1
            for target_id in targets - planned:
                self._share(target_id).change("gained", event)
            for target_id in planned - targets:
                self._share(target_id).change("lost", event)

    def _share(self, target_id: TargetId) -> Share:
        return self.shares.setdefault(target_id, Share())


def event_of(exported: Mapping[str, Any], received_at: float) -> Event:
    """Return an event as an export has it.

    Args:
        exported: A line of the export.
        received_at: When it was received, seconds since the Unix epoch.
    """
    event = Event(
        exported["id"],
        exported["name"],
        exported["source"],
        (exported["body"] or "").encode(),
        received_at,
        label=exported["label"],
        hook=exported["hook"],
        backend=exported["backend"],
        subjects=tuple(exported["subjects"]),
        status=EventStatus(exported["status"]),
        problem=exported["problem"],
        seq=exported["seq"],
    )
    return event if event.status is EventStatus.UNDECODABLE else event.with_args(exported["args"])
