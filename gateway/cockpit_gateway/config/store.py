"""Where events are kept, and how a database is used."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, unquote_plus, urlsplit

from pydantic import Field

from cockpit_gateway.config.base import PluginConfig
from cockpit_gateway.config.problems import HIDDEN
from cockpit_gateway.config.quantities import Duration

DATA = Path("data")
"""Where the gateway's own files are if no store's file tells."""

LAST_PORT = 65_535

_PASSWORD = re.compile(r"(^postgresql://[^/?#@:]*:)[^/?#]+(?=@)|([?&](?:ssl)?password=)[^&#]+")


class StoreUrl(str):
    """A store's URL: "sqlite:" and a path, or "postgresql://…".

    Example:
        >>> StoreUrl("postgresql://gateway:swordfish@db/gateway")
        'postgresql://gateway:***@db/gateway'
        >>> StoreUrl("sqlite:data/gateway.db").beside("gateway.sock")
        PosixPath('data/gateway.sock')
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(self.shown)

    @property
    def file(self) -> Path | None:
        """The SQLite file; None if the store is a database of PostgreSQL."""
        return Path(self.removeprefix("sqlite:")) if self.startswith("sqlite:") else None

    @property
    def passwords(self) -> tuple[str, ...]:
        """What of it is secret, as it is written and as it is meant."""
        if self.file is not None:
            return ()
        written = [found[0].removeprefix(found[1] or found[2]) for found in _PASSWORD.finditer(self)]
        return tuple(decode(text) for text in written for decode in (str, unquote, unquote_plus))

    @property
    def shown(self) -> str:
        """It, without its secrets."""
        return str(self) if self.file is not None else _PASSWORD.sub(rf"\1\2{HIDDEN}", self)

    def beside(self, name: str) -> Path:
        """Return where a file of the gateway's is: beside the store's file, or in `data` if it has none."""
        return DATA / name if self.file is None else self.file.with_name(name)


def check_store(url: str) -> StoreUrl:
    """Return a store's URL, if it is one.

    Raises:
        ValueError: it is none.
    """
    scheme, _, path = url.partition(":")
    if scheme == "sqlite" and (not path or path.startswith("//")):
        raise ValueError("after sqlite: stands the path of a file: sqlite:data/gateway.db, sqlite:/var/lib/gateway.db")
    if scheme == "postgresql" and not path.startswith("//"):
        raise ValueError("after postgresql: stands where the database is: postgresql://user@host/database")
    if scheme == "postgresql":
        _check_place(url)
    if scheme not in ("sqlite", "postgresql"):
        raise ValueError("write sqlite: and the path of a file, or postgresql://user@host/database")
    return StoreUrl(url)


def _check_place(url: str) -> None:
    """Find the mistakes whose messages would show what may be a password."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError("this is no URL: write postgresql://user@host/database, with %… for other signs") from None
    if "@" in parts._replace(netloc="").geturl() or parts.netloc.count("@") > 1:
        raise ValueError("write what is special in a password as URLs do: %2F for /, %3F for ?, %23 for #, %40 for @")
    places = parts.netloc.rpartition("@")[2].split(",")
    ports = [place.rpartition("]")[2].partition(":")[2] for place in places]
    if not all(port.isdecimal() and int(port) <= LAST_PORT for port in filter(None, ports)):
        raise ValueError(
            f"a port is a number up to {LAST_PORT}, and user and password end with @: postgresql://user:password@host:5432/database"
        )


class Postgres(PluginConfig):
    """How a PostgreSQL database is used, if the store is one."""

    pool: int = Field(default=10, ge=3, le=1000, description="Connections that one gateway opens at most.")
    connect_timeout: Duration = Field(default=5.0, gt=0, description="What a new connection may take.")
    statement_timeout: Duration = Field(default=30.0, gt=0, description="What a statement may take.")
    lock_timeout: Duration = Field(
        default=10.0, gt=0, description="How long a statement waits for what other gateways are changing."
    )
