"""The settings' models: what a configuration file may hold."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, model_validator

from cockpit_gateway.config.annotations import WrittenAs
from cockpit_gateway.config.api import Api
from cockpit_gateway.config.base import PluginConfig
from cockpit_gateway.config.base_path import BasePath
from cockpit_gateway.config.encryption import Encryption
from cockpit_gateway.config.listen import Listen, ListenSetting
from cockpit_gateway.config.names import AcceptedEvent
from cockpit_gateway.config.networks import NetworkSetting, ProxySetting
from cockpit_gateway.config.quantities import Duration, RateSetting, Size
from cockpit_gateway.config.store import Postgres, StoreUrl, check_store
from cockpit_gateway.config.tls import Tls
from cockpit_gateway.config.tracing import Tracing

MEBIBYTE = 1024 * 1024

DEEPEST = 512
"""Levels of JSON: as deep as PHP's json_encode goes, and well within what Python's encoder can."""

Secret = SecretStr
"""Text that prints as `***`, and is masked in every message about the file."""


def _check_source_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
        raise ValueError("a source's name is part of a URL: letters, digits, _ and - (not first)")
    return name


def _check_header(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name):
        raise ValueError("a header's name consists of letters, digits and hyphens")
    return name


def _check_token(token: Secret) -> Secret:
    text = token.get_secret_value()
    if not text:
        raise ValueError("a token is empty; leave it out")
    if text != text.strip() or not text.isprintable():
        raise ValueError("a token is one line, without spaces around it")
    return token


def _check_reference(reference: str) -> str:
    if not re.fullmatch(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*(?::[^\W\d]\w*(?:\.[^\W\d]\w*)*)?", reference):
        raise ValueError("a plugin is named as module or module:object, like my_company.search:Search")
    return reference


def _check_plugin_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        raise ValueError("a plugin's name has up to 64 letters, digits, dots, hyphens and underscores")
    return name


PluginName = Annotated[str, AfterValidator(_check_plugin_name)]


class Server(PluginConfig):
    """Where Cockpit posts to."""

    listen: ListenSetting = Field(
        default=Listen("127.0.0.1", 8787), description="Address and port, or unix: and a path."
    )
    tls: Tls | None = Field(default=None, description="Speak TLS, 1.2 or newer, with this certificate.")
    base_path: BasePath = Field(
        default="", description="What stands before every path, for a proxy that passes it on: /gateway."
    )
    trusted_proxies: list[ProxySetting] = Field(
        default=[],
        description="The proxies whose X-Forwarded-For or Forwarded header is believed: networks, addresses, or `unix` "
        "for whoever connects to the Unix socket.",
    )
    admin_listen: ListenSetting | None = Field(
        default=None, description="Answer /healthz, /readyz and /metrics at this address and no longer at `listen`."
    )
    max_body: Size = Field(default=16 * MEBIBYTE, description="The largest body that is accepted.")
    max_depth: int = Field(
        default=DEEPEST,
        ge=1,
        le=DEEPEST,
        description="How deep a body may be nested; a deeper one is stored without its arguments. "
        "Cockpit goes no deeper than the default.",
    )
    max_in_flight: Size = Field(
        default=256 * MEBIBYTE,
        description="Bytes of all bodies that are being read or wait for their commit; beyond it the answer is 503.",
    )
    max_connections: int = Field(
        default=1000,
        ge=1,
        description="Connections at once, per listener; one more closes the one that has been idle for longest.",
    )
    read_timeout: Duration = Field(
        default=30.0, gt=0, description="How long a client may take to send its headers, and again for its body."
    )
    keep_alive: Duration = Field(
        default=75.0,
        gt=0,
        description="How long a connection stays open between two requests; longer than a proxy keeps it.",
    )
    dedup_window: Duration = Field(
        default=300.0,
        description="How long an equal Idempotency-Key or webhook-id with an equal body is the same event.",
    )
    grace: Duration = Field(default=10.0, description="At shutdown, how long what runs may take to finish.")
    admin_socket: Path | None = Field(
        default=None, description="The command line's Unix socket; gateway.sock beside the store by default."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Server:
        if self.max_in_flight < self.max_body:
            raise ValueError("max_in_flight has to be at least max_body, or the largest body would never be taken")
        if self.tls is not None and self.listen.path is not None:
            raise ValueError("tls is for an address; what comes through a Unix socket does not leave the machine")
        return self


class Source(PluginConfig):
    """One Cockpit site."""

    tokens: list[Annotated[Secret, AfterValidator(_check_token)]] = Field(
        default=[],
        max_length=2,
        description="What the site authenticates with, in `header` or as the password of HTTP Basic; two while "
        "rotating. Without one, only this machine may post.",
    )
    header: Annotated[str, AfterValidator(_check_header)] = Field(
        default="X-Gateway-Token", description="The custom header that carries the token."
    )
    allow_from: list[NetworkSetting] = Field(
        default=[], description="The networks and addresses that may post; any by default."
    )
    rate: RateSetting | None = Field(
        default=None, description="How many POSTs are taken, with bursts of one second's worth; more are answered 429."
    )
    accept: list[AcceptedEvent] = Field(
        default=[],
        description="Events to store although they only say that somebody read or viewed something, and no endpoint "
        "or handler names them: names or patterns.",
    )


class RetentionSetting(PluginConfig):
    """What is kept. What is to be delivered yet is kept in any case."""

    age: Duration = Field(
        default=30 * 86400.0, gt=0, description="Events with their deliveries and attempts, so long after they came."
    )
    rows: int | None = Field(default=None, ge=1, description="At most so many events; the oldest go first.")
    size: Size = Field(
        default=10 * 1024 * MEBIBYTE, ge=MEBIBYTE, description="Everything together; beyond that the oldest events go."
    )


class Log(PluginConfig):
    """The log, on standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least severe lines shown."
    )
    format: Literal["auto", "console", "json"] = Field(
        default="auto", description="auto is console on a terminal and json otherwise."
    )


class Settings(PluginConfig):
    """The whole file, its plugins' sections aside."""

    server: Server = Field(default_factory=Server, description="Where Cockpit posts to, and what is taken.")
    store: Annotated[StoreUrl, WrittenAs(str, check_store)] = Field(
        default=StoreUrl("sqlite:data/gateway.db"),
        description="Where events are kept: sqlite: and a path, relative to the directory that the daemon runs in; or "
        "postgresql://user@host/database, which several gateways may share.",
    )
    node: str | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description="Its name among the gateways that share a database; by default its host and process id.",
    )
    postgres: Postgres = Field(default_factory=Postgres, description="How a PostgreSQL database is used.")
    retention: RetentionSetting = Field(default_factory=RetentionSetting, description="What is kept, and how long.")
    sources: dict[Annotated[str, AfterValidator(_check_source_name)], Source] = Field(
        default_factory=dict, description="The Cockpit sites; each posts to /cockpit/<name>."
    )
    custom_events: list[str] = Field(
        default=[],
        description="Events of Cockpit add-ons, by name or pattern, that endpoints may name.",
        examples=[["shop.*", "newsletter.sent"]],
    )
    plugins_dir: Path | None = Field(
        default=None, description="A directory of plugins: each Python file in it is one, called like the file."
    )
    plugin_modules: dict[PluginName, Annotated[str, AfterValidator(_check_reference)]] = Field(
        default_factory=dict,
        description="Plugins that can be imported, by name: module, or module:object.",
        examples=[{"search": "my_company.search:Search"}],
    )
    disabled_plugins: list[PluginName | Literal["*"]] = Field(
        default=[],
        description="Plugins that are not imported; `*` for all but those that come with the gateway.",
    )
    broken_plugins: Literal["fail", "skip"] = Field(
        default="fail",
        description="Whether the gateway refuses to start with a plugin that cannot be loaded, or runs without it: it "
        "gets nothing of what comes in meanwhile.",
    )
    plugins: dict[str, object] = Field(  # as written, with secrets in it: never shown
        default_factory=dict, repr=False, exclude=True, description="A section per plugin."
    )
    encryption: Encryption = Field(
        default_factory=Encryption, description="The keys by which secrets in the store are sealed."
    )
    api: Api = Field(default_factory=Api, description="The admin API at an address, for clients with a token.")
    tracing: Tracing | None = Field(default=None, description="Spans for OpenTelemetry, from receipt to every attempt.")
    log: Log = Field(default_factory=Log, description="The log.")
