"""How requests leave, as it is written: which addresses, which proxy, which TLS."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Self, TypeVar

import aiohttp
from pydantic import BaseModel, Field, SecretStr, ValidationInfo, field_validator, model_validator

from cockpit_gateway.config import PluginConfig
from cockpit_gateway.egress.channel import Channel, Channels
from cockpit_gateway.egress.policy import NetworkPolicy
from cockpit_gateway.egress.tls import client_context
from cockpit_gateway.transports.fields import AllowPrivate, ProxyUrl

_Value = TypeVar("_Value")


class Tls(PluginConfig):
    """How https is spoken."""

    ca: Path | None = Field(None, description="A file of certificates (PEM) to believe in place of the system's.")
    cert: Path | None = Field(
        None, description="The gateway's own certificate and its chain (PEM), for receivers that ask for one (mTLS)."
    )
    key: Path | None = Field(None, description="Its key (PEM), unless that is in the same file.")
    key_password: SecretStr | None = Field(None, description="What the key is encrypted with.")
    verify: bool = Field(
        default=True,
        description="false: believe any certificate, so that whoever is in between reads and changes what is sent; "
        "a warning at each start says so.",
    )

    @field_validator("key", "key_password")
    @classmethod
    def _only_with_a_certificate(cls, value: _Value, info: ValidationInfo) -> _Value:
        if value is not None and info.data.get("cert") is None:
            raise ValueError("it belongs to a certificate: add cert")
        return value

    @model_validator(mode="after")
    def _loads(self) -> Self:
        self.context()
        return self

    def context(self) -> ssl.SSLContext:
        """Return it as Python's TLS wants it."""
        password = None if self.key_password is None else self.key_password.get_secret_value()
        return client_context(ca=self.ca, cert=self.cert, key=self.key, key_password=password, verify=self.verify)


def unverified(settings: object, place: str) -> Iterator[str]:
    """Find where some settings say that certificates are not verified.

    Args:
        settings: Settings of any form.
        place: Where they stand in the configuration.

    Example:
        >>> list(unverified({"it": Tls(verify=False)}, "plugins.search"))
        ['plugins.search.it.verify']
    """
    match settings:
        case Tls(verify=False):
            yield f"{place}.verify"
        case BaseModel():
            for name in type(settings).model_fields:
                yield from unverified(getattr(settings, name), f"{place}.{name}")
        case Mapping():
            for name, inner in settings.items():
                yield from unverified(inner, f"{place}.{name}")
        case list():
            for number, inner in enumerate(settings):
                yield from unverified(inner, f"{place}[{number}]")
        case _:
            pass


class NetworkSettings(PluginConfig):
    """The settings of whatever sends requests: add your own beside them.

    Example:
        >>> class Config(NetworkSettings):
        ...     url: str
        >>> Config(url="http://search.internal", allow_private=["10.0.0.0/8"]).policy.allow_private
        (IPv4Network('10.0.0.0/8'),)
    """

    proxy: ProxyUrl | None = Field(
        None,
        description="A proxy to go through: http://, https:// or socks5:// (needs the extra `socks`). It looks names "
        "up, and decides where requests may go.",
    )
    tls: Tls | None = Field(None, description="How https is spoken: whom to believe, and with which certificate.")
    allow_private: AllowPrivate = Field(
        default=False,
        validate_default=True,
        description="Whether it may be at a private address, this machine's own among them: true, or networks such as "
        "10.0.0.0/8. Link-local and metadata addresses are never allowed.",
    )

    @property
    def policy(self) -> NetworkPolicy:
        """Where requests may go."""
        return NetworkPolicy(self.allow_private)

    def open(self, channels: Channels) -> Channel:
        """Return what sends requests by these settings, as the gateway's own plugins do: nothing follows or unpacks.

        Args:
            channels: The plugin's: `context.channels`.
        """
        return channels.open(self.policy, proxy=self._proxy_url, tls=self._context)

    def session(self, channels: Channels) -> aiohttp.ClientSession:
        """Return an aiohttp session that obeys these settings, the same each time; the gateway closes it.

        Args:
            channels: The plugin's: `context.channels`.
        """
        return channels.session(self.policy, proxy=self._proxy_url, tls=self._context)

    @property
    def _proxy_url(self) -> str | None:
        return None if self.proxy is None else self.proxy.get_secret_value()

    @cached_property
    def _context(self) -> ssl.SSLContext | None:
        return None if self.tls is None else self.tls.context()
