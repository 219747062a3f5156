"""The loop detector: deliveries that seem to cause the events that they are made of.

Cockpit's events carry no trace. A receiver that writes to Cockpit makes Cockpit post an event, which is delivered to
the receiver, which writes again. What can be seen is the same subject again and again, each time right after a
delivery.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from cockpit_gateway.deliveries import TargetId

ECHO = 10.0
"""Seconds after the begin of an attempt in which an event of the same subject counts as its echo."""

SUSPICIOUS = 20
"""Echoes in a row that make a loop likely."""

REMEMBERED = 10_000
"""Pairs of target and subject that are remembered."""


class Trail(NamedTuple):
    """When the last attempt of a target and subject began (None once an echo followed), and the echoes in a row."""

    began_at: float | None
    echoes: int


class EchoWatch:
    """Counts echoes.

    Example:
        >>> watch, site = EchoWatch(), TargetId("webhook", "site")
        >>> watch.began(site, "singletons/home", now=0.0)
        >>> watch.planned(site, "singletons/home", now=0.1)
        1
    """

    def __init__(self) -> None:
        self._trails: OrderedDict[tuple[TargetId, str], Trail] = OrderedDict()

    def began(self, target_id: TargetId, subject: str, now: float) -> None:
        """Note that an attempt begins.

        Args:
            target_id: Where it goes.
            subject: What its event is about.
            now: Seconds.
        """
        place = target_id, subject
        trail = self._trails.pop(place, None)
        self._trails[place] = Trail(now, trail.echoes if trail else 0)
        if len(self._trails) > REMEMBERED:
            self._trails.popitem(last=False)

    def planned(self, target_id: TargetId, subject: str, now: float) -> int:
        """Note that an event was planned for a target.

        Returns:
            How many echoes in a row that makes; 0 for none, and for further events between two attempts.
        """
        trail = self._trails.get((target_id, subject))
        if trail is None or trail.began_at is None:
            return 0
        echoes = trail.echoes + 1 if now - trail.began_at <= ECHO else 0
        self._trails[target_id, subject] = Trail(None, echoes)
        return echoes
