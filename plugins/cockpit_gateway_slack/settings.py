"""The `slack` section of the configuration."""

from __future__ import annotations

from typing import Self

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from yarl import URL

from cockpit_gateway.config import PluginConfig, RateSetting, catalogue_of
from cockpit_gateway.expressions import Template
from cockpit_gateway.targets import Rate
from cockpit_gateway.transports import (
    NetworkSettings,
    SecretUrl,
    TargetName,
    TargetSettings,
    TemplateSetting,
    refuse_forbidden,
    refuse_unknown,
)
from cockpit_gateway_slack.styles import STYLES, StyleName


class ChatChannel(NetworkSettings, TargetSettings):
    """One incoming webhook, which of the events go there, and what is said of them."""

    url: SecretUrl = Field(description="The incoming webhook's URL: whoever knows it can post, so it is never shown.")
    style: StyleName = Field("slack", description="Whose webhook it is; others that take Slack's payload are `slack`.")
    template: TemplateSetting = Field(
        description="The message, a Jinja template over `event` and its arguments. What `{{ … }}` writes is escaped: "
        "it becomes no markup and mentions nobody; the filter `safe` writes a value as it is. A message that is too "
        "long for the chat is cut."
    )
    username: str | None = Field(
        None, min_length=1, max_length=80, description="As whom, with Mattermost and Discord, which may not allow it."
    )
    rate: RateSetting | None = Field(
        Rate(1.0),
        description="At most so many messages per time; by default what Slack takes in the long run.",
        json_schema_extra={"default": "1/s"},
    )

    @field_validator("url")
    @classmethod
    def _may_be_reached(cls, url: SecretStr, info: ValidationInfo) -> SecretStr:
        refuse_forbidden(URL(url.get_secret_value()).host or "", info)
        return url

    @field_validator("template")
    @classmethod
    def _some_event_has_its_arguments(cls, template: Template, info: ValidationInfo) -> Template:
        refuse_unknown(template.names, info.data.get("events", ()), catalogue_of(info))
        return template

    @field_validator("username")
    @classmethod
    def _where_a_webhook_may_choose(cls, username: str | None, info: ValidationInfo) -> str | None:
        if username is not None and info.data.get("style") == "slack":
            raise ValueError("Slack's webhooks have the name of their app; username is for mattermost and discord")
        return username

    @model_validator(mode="after")
    def _tls_needs_https(self) -> Self:
        urls = [url.get_secret_value() for url in (self.url, self.proxy) if url is not None]
        if self.tls is not None and not any(url.startswith("https:") for url in urls):
            raise ValueError("tls is for https:// only, and the url begins with http://")
        return self

    @property
    def message(self) -> Template:
        """The template, which escapes as the chat wants it."""
        return Template(self.template.source, STYLES[self.style].escape)


class Config(PluginConfig):
    """The slack plugin: messages to channels of Slack, Mattermost and Discord."""

    channels: dict[TargetName, ChatChannel] = Field(
        default_factory=dict, description="The channels by name. The name is a channel's identity: keep it."
    )
