"""Where Cockpit posts to: the addresses that a configuration makes, and what lets a request in."""

from __future__ import annotations

import base64
from urllib.parse import quote

from cockpit_gateway.cli.posting import Address
from cockpit_gateway.config import Settings
from cockpit_gateway.errors import GatewayError

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - held against, not listened on
"""Where this machine finds what listens on each of its addresses."""


def configured(settings: Settings, source: str | None, label: str | None, token: str | None) -> Address:
    """Return the address of a source.

    Args:
        settings: The configuration.
        source: Its name; None if there is but one.
        label: The last part of the path.
        token: Its token, if not the configured one.

    Raises:
        GatewayError: there is no such source, or several and none was named.
    """
    name = source or _only_source(settings)
    if name not in settings.sources:
        raise GatewayError(f"there is no source {name!r}; there is: {', '.join(settings.sources) or 'none'}")
    found = settings.sources[name]
    offered = token or (found.tokens[0].get_secret_value() if found.tokens else None)
    server = settings.server
    path = "/".join([f"{server.base_path}/cockpit", *(quote(part, safe="") for part in (name, label) if part)])
    headers = () if offered is None else ((found.header, offered),)
    certificate = None if server.tls is None else server.tls.cert
    return Address(base_url(settings) + path, headers, server.listen.path, certificate)


def named(url: str, token: str | None) -> Address:
    """Return the address of a URL; the token goes as the password of HTTP Basic, which every source takes."""
    credentials = base64.b64encode(f"cockpit:{token}".encode()).decode()
    return Address(url, () if token is None else (("Authorization", f"Basic {credentials}"),))


def base_url(settings: Settings) -> str:
    """Return the URL of the listener for this machine, without a path."""
    listen = settings.server.listen
    if listen.path is not None:
        return "http://localhost"
    host = EVERYWHERE.get(listen.host, listen.host)
    scheme = "http" if settings.server.tls is None else "https"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{listen.port}"


def _only_source(settings: Settings) -> str:
    names = list(settings.sources)
    if len(names) != 1:
        raise GatewayError(
            f"name one with --source: {', '.join(names)}" if names else "the configuration has no source"
        )
    return names[0]
