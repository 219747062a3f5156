"""Leases: how long an owner has them, and what becomes of those of the dead."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import NamedTuple

import structlog

from cockpit_gateway.deliveries import Delivery, Work
from cockpit_gateway.errors import NotFoundError
from cockpit_gateway.store.postgres import reading
from cockpit_gateway.store.postgres.claiming import LEASED_WORK
from cockpit_gateway.store.postgres.migrating import migrations, too_old
from cockpit_gateway.store.postgres.rows import work_of
from cockpit_gateway.store.postgres.statements import Connection, query
from cockpit_gateway.store.records import MOST_CRASHES

RELEASE = query("release")
RELEASE_ALL = query("release_all")
DELETE_OWNER = query("delete_owner")
LOCK_LEASES = query("lock_leases")
DELETE_DEAD_OWNERS = query("delete_dead_owners")
BLAME = query("blame", "is_orphan")
PARK = query("park", "is_orphan")
RELEASE_ORPHANS = query("release_orphans", "is_orphan")
NUMBER_OF = query("number_of")
LEASE_SUSPECTS = query("lease_suspects")
EXTEND_LEASE = query("extend_lease")
ENTER = query("enter")
SOME_RAN_OUT = query("some_ran_out")

COMEBACK = 6.0
"""Seconds that the others get to extend their leases when perhaps nobody could, because the database was away: as long
as it takes to notice that it is there again, and two heartbeats."""

MOST_AHEAD = 2.0
"""Seconds that this machine's clock may be away from the database's before that is told."""

TOLD_EVERY = 3600.0
"""Seconds between two warnings of that."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Freed(NamedTuple):
    """What the dead have left.

    Attributes:
        owners: How many owners' leases had run out.
        targets: The numbers of the targets that have something to claim now.
    """

    owners: int
    targets: Sequence[int]


async def free_orphans(connection: Connection) -> Freed:
    """Give back what is leased to owners whose leases have run out, in a transaction of its own.

    A delivery in whose attempt a process died is a suspect, or given up if that happened too often.
    """
    await LOCK_LEASES.run(connection)
    owners: int = await DELETE_DEAD_OWNERS.value(connection)
    await BLAME.run(connection)
    parked = await PARK.rows(connection, now=time.time(), most=MOST_CRASHES)
    targets = {target for (target,) in await RELEASE_ORPHANS.rows(connection)}
    for (delivery_id,) in parked:
        delivery = await reading.delivery(connection, delivery_id)
        log.error(
            "delivery is dead: a gateway died in each of its last attempts",
            delivery_id=delivery_id,
            event_id=delivery.event_id,
            target=str(delivery.target_id),
        )
    return Freed(owners, [*targets])


class Lease(NamedTuple):
    """What an owner's lease was.

    Attributes:
        known: False if it had been freed.
        lives: False if it had run out.
    """

    known: bool
    lives: bool


class ClockComparison:
    """Tells when this machine's clock is not the database's, and goes on telling from time to time."""

    def __init__(self) -> None:
        self._told_at = -math.inf

    def compare(self, asked_at: float, answered_at: float, heard_at: float) -> None:
        """Compare the database's time with this machine's, before it was asked for and when it came."""
        ahead = max(asked_at - answered_at, 0.0) or min(heard_at - answered_at, 0.0)
        if abs(ahead) > MOST_AHEAD and time.monotonic() - self._told_at >= TOLD_EVERY:
            self._told_at = time.monotonic()
            log.warning(
                "this machine's clock is not the database's, so what this node takes in is delivered early or late by "
                "as much: keep both in step, by NTP",
                seconds_ahead=round(ahead, 1),
            )


async def extend(connection: Connection, owner: str, seconds: float, clocks: ClockComparison) -> Lease:
    """Extend an owner's leases, unless they have been freed; return what they were before."""
    asked_at = time.time()
    row = await EXTEND_LEASE.row(connection, owner=owner, seconds=seconds)
    if not row:
        return Lease(known=False, lives=False)
    lives, answered_at = row
    clocks.compare(asked_at, answered_at, time.time())
    return Lease(known=True, lives=lives)


async def enter(connection: Connection, owner: str, seconds: float) -> None:
    """Make an owner known.

    Raises:
        StoreError: a newer program has changed the database meanwhile, and this one does not get along with it.
    """
    newest = max(migrations())
    if not await ENTER.run(connection, owner=owner, seconds=seconds, knows=newest):
        raise too_old(newest)


async def some_ran_out(connection: Connection) -> bool:
    """Tell whether some owner has neither given up its leases nor extended them."""
    found: bool = await SOME_RAN_OUT.value(connection)
    return found


async def give_up(connection: Connection, owner: str) -> None:
    """Give back all that an owner has leased; nothing of it is under way."""
    await RELEASE_ALL.run(connection, owner=owner)
    await DELETE_OWNER.run(connection, owner=owner)


async def release(connection: Connection, owner: str, deliveries: Sequence[Delivery]) -> None:
    """Give leased deliveries back, due at once."""
    await RELEASE.run(connection, owner=owner, ids=[delivery.id for delivery in deliveries])


async def lease_suspects(connection: Connection, owner: str) -> Sequence[str]:
    """Lease every suspect that waits; return their ids, the least often blamed first."""
    rows = await LEASE_SUSPECTS.rows(connection, owner=owner)
    return [delivery_id for delivery_id, _, _ in sorted(rows, key=lambda row: row[1:])]


async def leased(connection: Connection, delivery_id: str) -> Work:
    """Return a delivery with its event."""
    number = await NUMBER_OF.value(connection, id=delivery_id)
    row = await LEASED_WORK.row(connection, numbers=[number])
    if not row:
        raise NotFoundError(f"there is no delivery {delivery_id}")
    return work_of(row)
