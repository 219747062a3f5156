"""The base of every model of the configuration."""

from __future__ import annotations

from typing import Any, get_origin

from pydantic import BaseModel, ConfigDict, model_validator

from cockpit_gateway.config.problems import Data


class PluginConfig(BaseModel):
    """Base of a plugin's `Config`: unknown keys are mistakes, and nothing changes after validation.

    A section without a value is an empty one: `plugins: {webhook: }` gives every setting its default.

    Example:
        >>> class Config(PluginConfig):
        ...     index: str = "posts"
        >>> Config(index="pages").index
        'pages'
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _as_meant(cls, given: Data) -> Data:
        if given is None:
            return {}
        if not isinstance(given, dict):
            return given
        kinds = {name: field.annotation for name, field in cls.model_fields.items()}
        return {key: _as_meant(value, kinds.get(key)) for key, value in given.items()}


def _as_meant(value: Data, kind: Any) -> Data:
    if value is None and get_origin(kind) is dict:
        return {}
    if isinstance(value, bool) and (kind is int or kind is float):
        return str(value).lower()  # `yes` is a mistake; pydantic would take it for 1
    return value
