"""The `encryption` section: the keys by which secrets are sealed that do not stand in the configuration."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from cockpit_gateway.config.base import PluginConfig

SHORTEST_KEY = 32
"""Characters: whoever has the store can try keys, as fast as a machine can."""


def _check_key(key: SecretStr) -> SecretStr:
    text = key.get_secret_value()
    if len(text) < SHORTEST_KEY or not text.isprintable() or " " in text:
        raise ValueError(
            f"a key has {SHORTEST_KEY} or more characters, and no space; `openssl rand -base64 32` makes one"
        )
    return key


class Encryption(PluginConfig):
    """What the store keeps of secrets is sealed with a key."""

    keys: list[Annotated[SecretStr, AfterValidator(_check_key)]] = Field(
        default=[],
        description="The first one seals, all of them open: put a new one before the old one to change it. Without "
        "one, `gateway.key` beside the store holds a key, and is made when it is needed.",
    )
