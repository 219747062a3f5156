"""The receivers: whether names are found, addresses allowed, and connections and TLS possible; nothing is sent."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping

from cryptography import x509
from pydantic import BaseModel, SecretStr
from yarl import URL

from cockpit_gateway.doctor.findings import Finding, Patient, fail, ok
from cockpit_gateway.doctor.listening import ends
from cockpit_gateway.egress.channel import Channels
from cockpit_gateway.egress.policy import OF_PROXIES, ForbiddenAddressError
from cockpit_gateway.transports import NetworkSettings, explain

PATIENCE = 10.0
"""Seconds for a connection and its handshake."""


async def check_receivers(patient: Patient) -> AsyncIterator[Finding]:
    """Connect to each URL that a plugin sends to, or to its proxy, and shake hands."""
    found = [pair for name, section in patient.config.plugins.items() for pair in receivers(section, name)]
    channels = Channels()
    try:
        looks = [asyncio.create_task(_look(channels, name, settings)) for name, settings in found]
        for look in looks:
            for finding in await look:
                yield finding
    finally:
        await channels.close()


def receivers(settings: object, place: str) -> Iterator[tuple[str, NetworkSettings]]:
    """Find what sends requests to a URL in a plugin's section.

    Args:
        settings: The section, or a part of it.
        place: Its name.
    """
    match settings:
        case NetworkSettings() if _url(settings) is not None:
            if getattr(settings, "active", True):
                yield place, settings
        case BaseModel():
            for name in type(settings).model_fields:
                yield from receivers(getattr(settings, name), place)
        case Mapping():
            for name, inner in settings.items():
                yield from receivers(inner, f"{place}:{name}")
        case _:
            return


def _url(settings: NetworkSettings) -> URL | None:
    given: object = getattr(settings, "url", None)
    text = given.get_secret_value() if isinstance(given, SecretStr) else given
    return URL(text) if isinstance(text, str) else None


async def _look(channels: Channels, about: str, settings: NetworkSettings) -> list[Finding]:
    url = _url(settings)
    assert url is not None  # noqa: S101 - see `receivers`
    proxy = None if settings.proxy is None else URL(settings.proxy.get_secret_value())
    place = url if proxy is None else proxy
    host, port = place.host or "", place.port or 443
    where = f"{host}:{port}" if proxy is None else f"its proxy {host}:{port}"
    try:
        async with asyncio.timeout(PATIENCE):
            opened = await channels.connect(settings.policy if proxy is None else OF_PROXIES, host, port)
            if proxy is not None or url.scheme != "https":
                opened.close()
                return [ok(about, f"{where} takes connections")]
            context = ssl.create_default_context() if settings.tls is None else settings.tls.context()
            _, writer = await asyncio.open_connection(sock=opened, ssl=context, server_hostname=host)
            shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            writer.transport.abort()
    except TimeoutError:
        return [fail(about, f"{where} does not answer within {PATIENCE:g} s", "look at firewalls on the way")]
    except (OSError, ssl.SSLError) as error:
        return [fail(about, f"{where}: {explain(error)}", _cure(error))]
    return [ok(about, f"{where} speaks TLS"), ends(about, x509.load_der_x509_certificate(shown))]


def _cure(error: OSError) -> str:
    match error:
        case socket.gaierror():
            return "look at the name, and at what this machine looks names up with"
        case ForbiddenAddressError():
            return "if it is meant to be there, allow it with `allow_private`"
        case ssl.SSLCertVerificationError():
            return "renew its certificate, or name the authority that it comes from with `tls: {ca: …}`"
        case ssl.SSLError():
            return "look whether https is spoken there, in TLS 1.2 or newer"
        case _:
            return "see whether it runs there, and whether what is on the way lets the gateway through"
