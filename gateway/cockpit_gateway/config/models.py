"""The settings' models: what a configuration file may hold."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    field_validator,
)

from cockpit_gateway.config.types import Duration, EventPattern, Secret, Size

MEBIBYTE = 1024 * 1024


class PluginConfig(BaseModel):
    """Base of a plugin's `Config`: unknown keys are mistakes, and nothing changes after validation.

    Example:
        >>> class Config(PluginConfig):
        ...     index: str = "posts"
        >>> Config(index="pages").index
        'pages'
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Listen(NamedTuple):
    """Where to listen: a host and port, or the path of a Unix socket."""

    host: str
    port: int
    path: Path | None = None

    @property
    def is_local(self) -> bool:
        """True if only this machine can connect."""
        if self.path is not None or self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def parse_listen(value: object) -> Listen:
    """Return where to listen.

    Args:
        value: "127.0.0.1:8787", "[::1]:8787", ":8787" for every address, or "unix:/path".
    """
    if isinstance(value, Listen):
        return value
    if isinstance(value, str) and value.startswith("unix:") and len(value) > len("unix:"):
        return Listen("", 0, Path(value.removeprefix("unix:")))
    host, _, port = value.rpartition(":") if isinstance(value, str) else ("", "", "")
    if not (port.isascii() and port.isdecimal() and int(port) < 65536) or (":" in host and not host.startswith("[")):
        raise ValueError(f"not an address like 127.0.0.1:8787 or unix:/run/gateway.sock: {value!r}")
    return Listen(host.strip("[]") or "0.0.0.0", int(port))  # noqa: S104 - what was asked for


def check_store(url: str) -> str:
    """Refuse a store that no engine keeps."""
    if not url.startswith("sqlite:") or url == "sqlite:":
        raise ValueError("not a store; write sqlite: and the path of a file, as in sqlite:data/gateway.db")
    return url


class Server(PluginConfig):
    """Where Cockpit posts to."""

    listen: Annotated[
        Listen,
        BeforeValidator(parse_listen),
        WithJsonSchema({"type": "string", "examples": ["127.0.0.1:8787", "unix:/run/cockpit-gateway/http.sock"]}),
    ] = Field(default=Listen("127.0.0.1", 8787), description="Address and port, or unix: and a path.")
    max_body: Size = Field(default=16 * MEBIBYTE, description="The largest body that is accepted.")
    grace: Duration = Field(default=10.0, description="At shutdown, how long what runs may take to finish.")
    dedup_window: Duration = Field(
        default=300.0,
        description="How long an equal Idempotency-Key or webhook-id with an equal body is the same event.",
    )
    admin_socket: Path | None = Field(
        default=None, description="The command line's Unix socket; gateway.sock beside the store by default."
    )


class Source(PluginConfig):
    """One Cockpit site."""

    tokens: Annotated[list[Secret], Field(max_length=2)] = Field(
        default=[],
        description="What the site authenticates with, in `header` or as the password of HTTP Basic; "
        "two while rotating. Without one, only this machine may post.",
    )
    header: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")] = Field(
        default="X-Gateway-Token", description="The custom header that carries the token."
    )
    accept: list[EventPattern] = Field(
        default=[], description="Noise to store although no endpoint or handler names it."
    )

    @field_validator("tokens")
    @classmethod
    def _no_empty_token(cls, tokens: list[Secret]) -> list[Secret]:
        if any(not token.get_secret_value().strip() for token in tokens):
            raise ValueError("a token is empty")
        return tokens


class Log(PluginConfig):
    """The log, on standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least severe lines shown."
    )
    format: Literal["auto", "console", "json"] = Field(
        default="auto", description="auto is console on a terminal and json otherwise."
    )


SourceName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]


class Settings(PluginConfig):
    """The whole file, its plugins' sections aside."""

    server: Server = Field(default=Server(), description="Where Cockpit posts to.")
    store: Annotated[str, AfterValidator(check_store)] = Field(
        default="sqlite:data/gateway.db",
        description="Where events are kept; a path is relative to the working directory.",
    )
    sources: dict[SourceName, Source] = Field(
        default_factory=dict, description="The Cockpit sites; each posts to /cockpit/<name>."
    )
    custom_events: list[str] = Field(
        default=[], description="Events of Cockpit add-ons, by name or pattern, that endpoints may name."
    )
    plugins: dict[str, object] = Field(default_factory=dict, description="A section per plugin.")
    log: Log = Field(default=Log(), description="The log.")
