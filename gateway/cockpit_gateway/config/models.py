"""The settings' models: what a configuration file may hold."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from cockpit_gateway.config.base import PluginConfig
from cockpit_gateway.config.listen import Listen, ListenSetting
from cockpit_gateway.config.names import AcceptedEvent
from cockpit_gateway.config.quantities import Duration, Size

MEBIBYTE = 1024 * 1024

Secret = SecretStr
"""Text that prints as `***`, and is masked in every message about the file."""


def _check_store(url: str) -> str:
    scheme, _, path = url.partition(":")
    if scheme != "sqlite":
        raise ValueError("only SQLite is supported: write sqlite: and the path of a file")
    if not path or path.startswith("//"):
        raise ValueError("after sqlite: stands the path of a file: sqlite:data/gateway.db, sqlite:/var/lib/gateway.db")
    return url


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


class Server(PluginConfig):
    """Where Cockpit posts to."""

    listen: ListenSetting = Field(
        default=Listen("127.0.0.1", 8787), description="Address and port, or unix: and a path."
    )
    max_body: Size = Field(default=16 * MEBIBYTE, description="The largest body that is accepted.")
    dedup_window: Duration = Field(
        default=300.0,
        description="How long an equal Idempotency-Key or webhook-id with an equal body is the same event.",
    )
    grace: Duration = Field(default=10.0, description="At shutdown, how long what runs may take to finish.")
    admin_socket: Path | None = Field(
        default=None, description="The command line's Unix socket; gateway.sock beside the store by default."
    )


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
    accept: list[AcceptedEvent] = Field(
        default=[],
        description="Events to store although they only say that somebody read or viewed something, and no endpoint "
        "or handler names them: names or patterns.",
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

    server: Server = Field(default_factory=Server, description="Where Cockpit posts to.")
    store: Annotated[str, AfterValidator(_check_store)] = Field(
        default="sqlite:data/gateway.db",
        description="Where events are kept: sqlite: and a path, relative to the directory that the daemon runs in.",
    )
    sources: dict[Annotated[str, AfterValidator(_check_source_name)], Source] = Field(
        default_factory=dict, description="The Cockpit sites; each posts to /cockpit/<name>."
    )
    custom_events: list[str] = Field(
        default=[], description="Events of Cockpit add-ons, by name or pattern, that endpoints may name."
    )
    plugins: dict[str, object] = Field(  # as written, with secrets in it: never shown
        default_factory=dict, repr=False, exclude=True, description="A section per plugin."
    )
    log: Log = Field(default_factory=Log, description="The log.")
