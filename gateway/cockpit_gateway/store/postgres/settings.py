"""How the database is used."""

from __future__ import annotations

from typing import NamedTuple


class PostgresSettings(NamedTuple):
    """How the database is used; see the section `postgres` of the configuration.

    Attributes:
        pool: Connections that one gateway opens at most.
        connect_timeout: Seconds that a new connection may take.
        statement_timeout: Seconds that a statement may take.
        lock_timeout: Seconds that a statement waits for what others are changing.
    """

    pool: int = 10
    connect_timeout: float = 5.0
    statement_timeout: float = 30.0
    lock_timeout: float = 10.0


DEFAULTS = PostgresSettings()
