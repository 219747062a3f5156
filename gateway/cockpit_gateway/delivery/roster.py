"""The roster: which targets there are, what is called for each, and what becomes of those that are gone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.delivery.calls import Call
from cockpit_gateway.delivery.queue import TargetQueue
from cockpit_gateway.targets import Target


class Registration(NamedTuple):
    """A target as its plugin registered it.

    Attributes:
        target: Its rules.
        call: What an attempt calls.
        slots: What its attempts share with other targets of the plugin (its threads), None for nothing.
    """

    target: Target
    call: Call
    slots: asyncio.Semaphore | None


class Roster:
    """The queues of all targets.

    Args:
        at_home: Whether this node is home of every target.

    Attributes:
        queues: Those that there are.
    """

    def __init__(self, *, at_home: bool) -> None:
        self._at_home = at_home
        self.queues: dict[TargetId, TargetQueue] = {}
        self._gone: dict[TargetId, TargetQueue] = {}

    def find(self, target_id: TargetId) -> TargetQueue:
        """Return a target's queue, also that of one that is gone, for what was under way to it.

        Raises:
            KeyError: there never was one.
        """
        return self.queues.get(target_id) or self._gone[target_id]

    def known(self, target_id: TargetId) -> TargetQueue | None:
        """Return a target's queue, also that of one that is gone; None if there never was one."""
        return self.queues.get(target_id) or self._gone.get(target_id)

    def everyone(self) -> Iterator[TargetQueue]:
        """Yield every queue, those of targets that are gone among them."""
        yield from (*self.queues.values(), *self._gone.values())

    def add(self, target_id: TargetId, registration: Registration, steady: float) -> TargetQueue:
        """Add a target, or one that was gone; steady seconds are those of `TargetQueue`."""
        queue = self._gone.pop(target_id, None)
        if queue is None:
            queue = TargetQueue(target_id, *registration, steady)
            queue.home = self._at_home
        else:
            queue.gone = False
            queue.change(*registration, steady)
        self.queues[target_id] = queue
        return queue

    def retire_others(self, registered: Mapping[TargetId, Registration]) -> list[TargetQueue]:
        """Take those away that are not registered, and return them."""
        gone = [queue for target_id, queue in self.queues.items() if target_id not in registered]
        for queue in gone:
            queue.gone = True
            self._gone[queue.target_id] = self.queues.pop(queue.target_id)
        return gone
