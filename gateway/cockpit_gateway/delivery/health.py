"""How long a target has done nothing but fail: when to warn, and when to disable it."""

from __future__ import annotations

WARNINGS = (0.25, 0.5, 0.75)
"""Shares of a target's patience at which a warning is due."""


class Health:
    """Adds up the time in which a target only fails.

    The time that the gateway is down, or holds the target, does not count.

    Args:
        patience: Seconds of nothing but failures after which it is to be disabled.

    Example:
        >>> health = Health(patience=100.0)
        >>> health.failed(0.0), health.failed(10.0), health.failed(60.0), health.failed(100.0)
        (None, None, 0.5, 1.0)
    """

    def __init__(self, patience: float) -> None:
        self.patience = patience
        self._failed_at: float | None = None
        self.failing_for = 0.0
        """Seconds."""

    def failed(self, now: float) -> float | None:
        """Note a failed attempt.

        Args:
            now: Seconds of a clock that nobody turns.

        Returns:
            The largest of the shares 0.25, 0.5, 0.75 and 1.0 of its patience that this failure has reached; None if
            it has reached no further one.
        """
        before = self.failing_for
        if self._failed_at is not None:
            self.failing_for += now - self._failed_at
        self._failed_at = now
        reached = [share for share in (*WARNINGS, 1.0) if before < share * self.patience <= self.failing_for]
        return reached[-1] if reached else None

    def succeeded(self) -> bool:
        """Note that the target took a delivery; return whether it had been failing."""
        was_failing = self.failing_for > 0
        self.forget()
        return was_failing

    def forget(self) -> None:
        """Begin anew."""
        self.failing_for = 0.0
        self._failed_at = None

    def resume(self, failing_for: float) -> None:
        """Go on from what an earlier process had added up."""
        self.failing_for = failing_for
        self._failed_at = None
