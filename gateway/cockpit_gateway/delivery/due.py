"""For which targets the store holds something pending, and when the first of it falls due."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping

from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.delivery.queue import TargetQueue
from cockpit_gateway.store.records import Backlog


class DueTimes:
    """What there is to wait for.

    Args:
        queues: The targets.
    """

    def __init__(self, queues: Mapping[TargetId, TargetQueue]) -> None:
        self._queues = queues
        self.waiting: dict[TargetId, TargetQueue] = {}
        """The targets for which the store holds something, in the order in which their turn comes."""
        self.changed = asyncio.Event()
        """Set when it is worth while to look again."""

    def expect(self, target_id: TargetId, due_at: float) -> None:
        """Note that the store holds a pending delivery of a target, due then (seconds since the Unix epoch).

        It is another node's concern if that is the target's home.
        """
        queue = self._queues.get(target_id)
        if queue is not None and queue.home:
            queue.expect(due_at)
            self.waiting[target_id] = queue
            self.changed.set()

    def homes(self) -> Iterator[TargetQueue]:
        """Yield the targets whose home this node is."""
        return (queue for queue in self._queues.values() if queue.home)

    def correct(self, backlogs: Mapping[TargetId, Backlog]) -> None:
        """Replace what is known by what the store holds, because the clock was turned."""
        for target_id, backlog in backlogs.items():
            if target_id in self._queues:
                self._queues[target_id].next_due = None
                self.expect(target_id, backlog.next_due)
