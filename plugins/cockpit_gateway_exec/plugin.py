"""The exec plugin: runs commands."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from cockpit_gateway import Delivery, Event, Explained, Planned, PluginContext, Response, Target, hookimpl
from cockpit_gateway.transports import Planning
from cockpit_gateway_exec.running import Runner
from cockpit_gateway_exec.settings import Command, Config


class ExecPlugin:
    """One target per command; an attempt runs it once."""

    Config = Config

    def __init__(self) -> None:
        self._runners: dict[str, Runner] = {}
        self._planning: Planning | None = None

    @hookimpl
    def register_targets(self, context: PluginContext) -> list[Target]:
        """Name the commands, and make ready what each event and each attempt needs."""
        config: Config = context.config
        self._planning = Planning(config.commands, context)
        self._runners = {name: Runner(command, context.catalogue) for name, command in config.commands.items()}
        return [
            command.target(name, context.catalogue, _fingerprint(command)) for name, command in config.commands.items()
        ]

    @hookimpl
    def plan_deliveries(self, event: Event) -> list[Planned]:
        """Say which commands are run for this event."""
        assert self._planning is not None  # noqa: S101 - register_targets comes first
        return self._planning.plan(event)

    @hookimpl
    def explain_deliveries(self, event: Event) -> list[Explained]:
        """Say which commands are run for this event, and why."""
        assert self._planning is not None  # noqa: S101 - register_targets comes first
        return self._planning.explain(event)

    @hookimpl
    async def deliver(self, delivery: Delivery, events: Sequence[Event]) -> Response:
        """Run a command once, for an event or for those of a burst."""
        return await self._runners[delivery.target].run(delivery, events)


def _fingerprint(command: Command) -> str:
    return hashlib.sha256("\0".join([*command.argv, str(command.directory)]).encode()).hexdigest()
