"""The lease: until when this node may begin attempts of the targets of which it is home."""

from __future__ import annotations

import math

from cockpit_gateway.clock import SystemClock

LEASE = 10.0
"""Seconds that a node's lease lives without a heartbeat. So long at most, and a heartbeat more, its targets wait for
another home when it dies; and so long it may stand still (a collection of garbage, a machine that is moved, a database
that is restarted) without losing them."""

EVERY = 2.5
"""Seconds between two heartbeats: three may fail before the lease runs out."""


_CLOCK = SystemClock()


class Lease:
    """Whether this node still has what it took, by a clock that nobody turns and that goes on while it stands still.

    Args:
        shared: Whether others may use the same store; if not, the lease never runs out.

    Example:
        >>> lease = Lease(shared=True)
        >>> lease.holds
        False
        >>> lease.extend(lease.now())
        >>> lease.holds
        True
    """

    def __init__(self, *, shared: bool) -> None:
        self._until = -math.inf if shared else math.inf
        self.term = 0
        """Grows whenever it was lost: what was begun in an earlier term is not this node's any more."""

    @staticmethod
    def now() -> float:
        """Return seconds of the clock that it is measured by: the machine's, since the store's is as real."""
        return _CLOCK.steady()

    @property
    def holds(self) -> bool:
        """True while nobody else can have taken what this node has."""
        return self.now() < self._until

    def extend(self, asked_at: float) -> None:
        """Note that a heartbeat was written which was asked for then: from no earlier time on does the store count."""
        self._until = asked_at + LEASE

    def lose(self) -> None:
        """Note that it has run out, and that others may have taken what this node had."""
        self._until = -math.inf
        self.term += 1
