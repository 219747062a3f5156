"""The database, if the store is in one, and no gateway runs that would tell of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

from cockpit_gateway.doctor.findings import Finding, Patient, fail, ok
from cockpit_gateway.errors import StoreError
from cockpit_gateway.store import open_store


async def check_database(patient: Patient) -> AsyncIterator[Finding]:
    """Connect to the database, and change nothing in it."""
    store = patient.settings.store
    if store.file is not None or patient.told.status is not None:
        return
    try:
        open_store(store)  # says what is missing if the driver is not installed
        from cockpit_gateway.store.postgres.connections import Connections  # noqa: PLC0415
        from cockpit_gateway.store.postgres.opening import connect  # noqa: PLC0415
        from cockpit_gateway.store.postgres.settings import PostgresSettings  # noqa: PLC0415

        connections = Connections(store, PostgresSettings(pool=1))
        await connect(connections)
        await connections.close()
    except StoreError as error:
        what, _, cure = str(error).partition("; ")
        yield fail("store", what, cure or "start the database, or name another one under `store`")
    else:
        yield ok("store", f"{store.shown} lets the gateway in")
