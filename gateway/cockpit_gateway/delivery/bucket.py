"""The token bucket behind an endpoint's `rate`."""

from __future__ import annotations

from cockpit_gateway.targets import Rate

ROUNDING = 1e-9
"""Tokens that may be missing because seconds do not add up exactly in binary."""


class TokenBucket:
    """Allows a rate of attempts, with bursts of one second's worth, at least one.

    Args:
        rate: What is allowed.
        now: Seconds, by any clock that only the caller needs to know.

    Example:
        >>> bucket = TokenBucket(Rate(2), now=0.0)
        >>> bucket.take(0.0), bucket.take(0.0), bucket.take(0.0)
        (0.0, 0.0, 0.5)
    """

    def __init__(self, rate: Rate, now: float) -> None:
        self._per_second = rate.per_second
        self._capacity = max(1.0, rate.per_second)
        self._tokens = self._capacity
        self._filled_at = now

    def drain(self, now: float) -> None:
        """Begin without a token: somebody else may just have used those that there were."""
        self._tokens, self._filled_at = 0.0, now

    def take(self, now: float) -> float:
        """Take one token; return 0.0 if there was one, else the seconds until there will be."""
        self._tokens = min(self._capacity, self._tokens + max(0.0, now - self._filled_at) * self._per_second)
        self._filled_at = now
        if self._tokens >= 1.0 - ROUNDING:
            self._tokens = max(0.0, self._tokens - 1.0)
            return 0.0
        return (1.0 - self._tokens) / self._per_second
