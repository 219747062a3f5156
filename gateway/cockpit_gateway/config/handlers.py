"""How the gateway calls a plugin's event handlers: the part of its section that is the same for every plugin."""

from __future__ import annotations

import math

from pydantic import Field, create_model

from cockpit_gateway.config.base import PluginConfig
from cockpit_gateway.config.quantities import Duration
from cockpit_gateway.config.retry import RetrySetting
from cockpit_gateway.config.rules import BacklogSetting
from cockpit_gateway.targets import RetrySchedule, Target

KEY = "handlers"
"""The key in a plugin's section."""


class HandlerSettings(PluginConfig):
    """How the plugin's event handlers are called: each of them by these rules, as a target of its own."""

    timeout: Duration = Field(default=30.0, gt=0, le=3600, description="Time budget of one call.")
    concurrency: int = Field(
        default=10, ge=1, le=1000, description="Calls of one handler under way at once; of a `def`, at most `threads`."
    )
    threads: int = Field(default=4, ge=1, le=100, description="Threads that the plugin's `def` handlers run in.")
    retry: RetrySetting = Field(default_factory=RetrySchedule, description="When to call again one that has failed.")
    backlog: BacklogSetting = Field(default_factory=BacklogSetting, description="How much may wait for one handler.")
    disable_after: Duration | None = Field(
        default=None,
        gt=0,
        description="After nothing but failures for so long, a handler is disabled; never by default.",
    )

    def target(self, hook: str) -> Target:
        """Return the rules of one handler."""
        return Target(
            hook,
            timeout=self.timeout,
            concurrency=self.concurrency,
            schedule=self.retry,
            backlog=self.backlog.limit(),
            disable_after=math.inf if self.disable_after is None else self.disable_after,
        )


def with_handlers(model: type[PluginConfig] | None) -> type[PluginConfig]:
    """Return the model of a plugin's section with the settings of its handlers.

    Args:
        model: The plugin's own `Config`, None if it has none.
    """
    base = model or PluginConfig
    settings = Field(default_factory=HandlerSettings, description="How the plugin's event handlers are called.")
    return create_model(
        "Config" if model is None else model.__name__,
        __base__=base,
        __module__=base.__module__,
        __doc__=base.__doc__ if model else "The plugin's settings.",
        handlers=(HandlerSettings, settings),
    )


def handlers_of(section: PluginConfig | None) -> HandlerSettings:
    """Return the settings of the handlers in a section."""
    found: HandlerSettings = getattr(section, KEY, None) or HandlerSettings()
    return found
