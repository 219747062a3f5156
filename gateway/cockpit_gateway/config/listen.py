"""Where to listen."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import BeforeValidator, WithJsonSchema

from cockpit_gateway.config.sentences import got

_UNIX = "unix:"
_ADDRESS = re.compile(r"(?:\[(?P<six>[^\[\]]+)\]|(?P<host>[A-Za-z0-9.-]*)):(?P<port>[0-9]{1,5})")


class Listen(NamedTuple):
    """Where to listen.

    Attributes:
        host: An IP address, or a name that resolves to some.
        port: The port; 0 takes any that is free.
        path: The path of a Unix socket, in place of host and port.
    """

    host: str
    port: int
    path: Path | None = None

    def __str__(self) -> str:
        if self.path is not None:
            return f"{_UNIX}{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_local(self) -> bool:
        """True if only this machine can connect."""
        if self.path is not None or self.host == "localhost":
            return True
        return _is_address(self.host) and ipaddress.ip_address(self.host).is_loopback


def parse_listen(value: object) -> Listen:
    """Return where to listen.

    Args:
        value: "127.0.0.1:8787", "[::1]:8787", ":8787" for every address, or "unix:/path".

    Raises:
        ValueError: it is none of these.

    Example:
        >>> parse_listen("[::1]:8787")
        Listen(host='::1', port=8787, path=None)
    """
    if isinstance(value, Listen):
        return value
    text = value if isinstance(value, str) else ""
    if text.startswith(_UNIX) and len(text) > len(_UNIX):
        return Listen("", 0, Path(text.removeprefix(_UNIX)))
    found = _ADDRESS.fullmatch(text)
    if found is None or int(found["port"]) > 65535 or (found["six"] and not _is_address(found["six"])):
        raise ValueError(f"expected an address like 127.0.0.1:8787, [::1]:8787 or unix:/run/gateway.sock, {got(value)}")
    return Listen(found["six"] or found["host"] or "0.0.0.0", int(found["port"]))  # noqa: S104 - what was asked for


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


ListenSetting = Annotated[
    Listen,
    BeforeValidator(parse_listen),
    WithJsonSchema({"type": "string", "examples": ["127.0.0.1:8787", "[::1]:8787", "unix:/run/gateway.sock"]}),
]
"""An address and port, or the path of a Unix socket."""
