"""The `api` section: the admin API at an address, for clients with a token."""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, field_validator, model_validator

from cockpit_gateway.config.base import PluginConfig
from cockpit_gateway.config.base_path import BasePath
from cockpit_gateway.config.listen import ListenSetting
from cockpit_gateway.config.tls import Tls

SHORTEST_TOKEN = 16
"""Characters: whoever reaches the address can try tokens."""


class Scope(IntEnum):
    """What a token allows; each includes those before it."""

    READ = 1
    """See everything that is stored, what is in events among it."""
    OPERATE = 2
    """Replay, cancel, pause, resume, enable, test."""
    ADMIN = 3
    """Make and change endpoints, reload, restart, delete for good."""


HostName: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]+$", to_lower=True)]
ScopeName: TypeAlias = Literal["read", "operate", "admin"]


def _check_token(token: SecretStr) -> SecretStr:
    text = token.get_secret_value()
    if len(text) < SHORTEST_TOKEN or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError(
            f"a token has {SHORTEST_TOKEN} or more ASCII characters, and no space; `openssl rand -hex 24` makes one"
        )
    return token


class ApiClient(PluginConfig):
    """One that may ask."""

    token: Annotated[SecretStr, AfterValidator(_check_token)] = Field(
        description="What is sent as `Authorization: Bearer …`: sixteen or more characters that nobody can guess."
    )
    scope: ScopeName = Field(
        default="read",
        description="`read` sees everything that is stored; `operate` replays, cancels, pauses and tests as well; "
        "`admin` makes and changes endpoints, reloads, restarts and deletes for good as well.",
    )

    @property
    def allows(self) -> Scope:
        """What it allows."""
        return Scope[self.scope.upper()]


class Api(PluginConfig):
    """The admin API and the console at an address of their own, beside the command line's Unix socket."""

    listen: ListenSetting | None = Field(default=None, description="Address and port, or unix: and a path.")
    tls: Tls | None = Field(default=None, description="Speak TLS, 1.2 or newer, with this certificate.")
    base_path: BasePath = Field(
        default="", description="What stands before every path, for a proxy that passes it on: /gateway."
    )
    hosts: list[HostName] = Field(
        default=[],
        description="The names by which browsers reach the console, for a proxy that passes them on. At a loopback "
        "address, no others but `localhost` are answered: another site's name may lead there, too.",
    )
    clients: dict[str, ApiClient] = Field(
        default_factory=dict, description="Who may ask, by name: the log says who changed something."
    )

    @field_validator("clients")
    @classmethod
    def _a_token_tells_whose_it_is(cls, clients: dict[str, ApiClient]) -> dict[str, ApiClient]:
        owners: dict[str, str] = {}
        for name, client in clients.items():
            other = owners.setdefault(client.token.get_secret_value(), name)
            if other != name:
                raise ValueError(f"{other} and {name} have the same token: nobody could tell which of them asks")
        return clients

    @model_validator(mode="after")
    def _fits_together(self) -> Api:
        if self.listen is not None and not self.listen.is_local and not self.clients:
            raise ValueError(
                "where other machines reach it, the API needs a client: "
                "clients: {me: {token: ${API_TOKEN}, scope: admin}}"
            )
        if self.tls is not None and self.listen is not None and self.listen.path is not None:
            raise ValueError("tls is for an address; what comes through a Unix socket does not leave the machine")
        return self
