"""The owner: whom the leases of this process belong to."""

from __future__ import annotations

import uuid_utils


class Owner:
    """An id that becomes another one when its leases have run out: what was leased before belongs to nobody here."""

    def __init__(self) -> None:
        self.id = _new_id()

    def renew(self) -> None:
        """Begin anew."""
        self.id = _new_id()


def _new_id() -> str:
    return str(uuid_utils.uuid7())
