"""The owner: whom the leases of this process belong to."""

from __future__ import annotations

import time

import uuid_utils


class Owner:
    """An id that becomes another one when its leases have run out: what was leased before belongs to nobody here."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Begin anew."""
        self.id = str(uuid_utils.uuid7())
        self.begin_to_hold()

    def begin_to_hold(self) -> None:
        """Note that before now it may not have been able to extend its leases, nor anybody else."""
        self._holds_since = time.monotonic()

    @property
    def held_for(self) -> float:
        """Seconds for which its leases have been extended without a break."""
        return time.monotonic() - self._holds_since
