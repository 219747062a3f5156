"""The circuit breaker: a target that fails again and again is left alone, until one attempt finds it well again."""

from __future__ import annotations

from cockpit_gateway.targets import Breaker


class CircuitBreaker:
    """Closed while all is well, open for a pause after failures in a row, then half open: one attempt probes.

    Args:
        rule: When it opens, and for how long.

    Example:
        >>> breaker = CircuitBreaker(Breaker(failures=1, wait=5.0))
        >>> breaker.ended(probe=breaker.begin(), well=False, now=0.0)
        True
        >>> breaker.allows(4.9), breaker.allows(5.0)
        (False, True)
    """

    def __init__(self, rule: Breaker) -> None:
        self._rule = rule
        self._failures = 0
        self._pauses = 0
        self._probing = False
        self.probe_at: float | None = None
        """When the pause ends, in the seconds of the clock that `now` is read off; None while closed."""

    @property
    def open(self) -> bool:
        """True from the failure that opened it to the attempt that found the target well."""
        return self.probe_at is not None

    def allows(self, now: float) -> bool:
        """Tell whether an attempt may begin."""
        return self.probe_at is None or (now >= self.probe_at and not self._probing)

    def begin(self) -> bool:
        """Note that an attempt begins; return whether it is the probe."""
        self._probing = self.open
        return self._probing

    def abandon(self, *, probe: bool) -> None:
        """Note that an attempt ended without an outcome."""
        self._probing = self._probing and not probe

    def ended(self, *, probe: bool, well: bool, now: float, asked: float = 0.0) -> bool:
        """Note how an attempt ended.

        Args:
            probe: What `begin` returned.
            well: True if the target took it, or refused it for good: it is there.
            now: Seconds.
            asked: Seconds that the target asked to be left alone.

        Returns:
            True if that opened or closed the breaker.
        """
        self.abandon(probe=probe)
        if well:
            return self.reset()
        self._failures += 1
        if not probe and (self.open or self._failures < self._rule.failures):
            return False
        pause = min(self._rule.wait * 2**self._pauses, self._rule.longest)
        self._pauses += 1
        self.probe_at = now + max(pause, asked)
        return True

    def reset(self) -> bool:
        """Close it; return whether it was open."""
        was_open = self.open
        self._failures = self._pauses = 0
        self._probing = False
        self.probe_at = None
        return was_open
