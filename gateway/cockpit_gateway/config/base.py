"""The base of every model of the configuration."""

from __future__ import annotations

from typing import get_origin

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
    def _no_value_is_an_empty_section(cls, given: Data) -> Data:
        if given is None:
            return {}
        if not isinstance(given, dict):
            return given
        mappings = {name for name, field in cls.model_fields.items() if get_origin(field.annotation) is dict}
        return {key: {} if value is None and key in mappings else value for key, value in given.items()}
