"""One-time links: whoever may use the command line gets into the console without a token."""

from __future__ import annotations

import hashlib
import secrets
from urllib.parse import urlencode

from cockpit_gateway.clock import Clock
from cockpit_gateway.errors import ConflictError

VALID = 300.0
"""Seconds that a link is valid."""

MOST_VALID = 100
"""Links that are valid at a time; one more ends the oldest."""


class Links:
    """Makes one-time links, and redeems each once.

    Args:
        clock: The time.

    Attributes:
        console: Where the console is, as a URL; None if nowhere.
    """

    def __init__(self, clock: Clock) -> None:
        self.console: str | None = None
        self._clock = clock
        self._valid: dict[bytes, float] = {}

    def new(self) -> str:
        """Return a new link.

        Raises:
            ConflictError: there is no console.
        """
        if self.console is None:
            raise ConflictError(
                "no browser can reach the console; set api.listen, to 127.0.0.1:8788 for example (or for a Unix socket "
                "behind a proxy, api.hosts), and start again"
            )
        code = secrets.token_urlsafe(32)
        self._forget_expired()
        if len(self._valid) >= MOST_VALID:
            del self._valid[next(iter(self._valid))]
        self._valid[_digest(code)] = self._clock.time() + VALID
        return f"{self.console}/login?{urlencode({'code': code})}"

    def redeem(self, code: str) -> bool:
        """Use a link's code up; tell whether it was valid."""
        self._forget_expired()
        return self._valid.pop(_digest(code), None) is not None

    def _forget_expired(self) -> None:
        now = self._clock.time()
        self._valid = {digest: until for digest, until in self._valid.items() if until > now}


def _digest(code: str) -> bytes:
    """Return what is kept of a code: comparing digests tells nothing of how much of a guess was right."""
    return hashlib.sha256(code.encode("utf-8", "surrogateescape")).digest()
