"""Options that narrow lists and replays, and the parameters that they become."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, TypeAlias

import typer

from cockpit_gateway.cli.client import Query
from cockpit_gateway.cli.completing import endpoint_names, event_names, plugin_names
from cockpit_gateway.cli.targets import split_choice
from cockpit_gateway.cli.times import moment
from cockpit_gateway.deliveries import DeliveryState

TIME = "TIME"

PluginOption: TypeAlias = Annotated[
    str | None, typer.Option("--plugin", autocompletion=plugin_names, help="Only deliveries of this plugin.")
]
EndpointOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--endpoint",
        "--target",
        metavar="NAME",
        autocompletion=endpoint_names,
        help="Only deliveries to this endpoint or PLUGIN:TARGET.",
    ),
]
StatesOption: TypeAlias = Annotated[
    list[DeliveryState] | None,
    typer.Option("--state", help="Only deliveries in this state; can be given several times."),
]
EventOption: TypeAlias = Annotated[
    str | None, typer.Option("--event", metavar="ID", help="Only deliveries of this event.")
]
NameOption: TypeAlias = Annotated[
    str | None, typer.Option("--name", autocompletion=event_names, help="Only events of this full name.")
]
SourceOption: TypeAlias = Annotated[str | None, typer.Option("--source", help="Only events of this source.")]
SubjectOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--subject", help="Only events about this, or about what is below it: collections/posts."),
]
SinceOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar=TIME,
        help="Only events received since: 2h (ago), or a local time like 2026-11-20T08:00.",
    ),
]
UntilOption: TypeAlias = Annotated[
    str | None, typer.Option("--until", metavar=TIME, help="Only events received before; written like --since.")
]


@dataclass(frozen=True)
class EventChoice:
    """Which events: by what they are."""

    name: NameOption = None
    source: SourceOption = None
    subject: SubjectOption = None
    since: SinceOption = None
    until: UntilOption = None

    def query(self) -> Query:
        """Return it as parameters.

        Raises:
            typer.BadParameter: what should be a time is none.
        """
        since, until = _moment(self.since, "--since"), _moment(self.until, "--until")
        return {"name": self.name, "source": self.source, "subject": self.subject, "since": since, "until": until}


@dataclass(frozen=True)
class DeadLetterChoice(EventChoice):
    """Which dead letters: by where they go, and what their event is."""

    endpoint: EndpointOption = None
    event: EventOption = None

    def query(self) -> Query:
        """Return it as parameters; see `EventChoice.query`."""
        plugin, target = split_choice(self.endpoint)
        chosen: Query = {"plugin": plugin, "target": target, "event": self.event, "state": DeliveryState.DEAD}
        return {**super().query(), **chosen}


@dataclass(frozen=True)
class DeliveryChoice(DeadLetterChoice):
    """Which deliveries: by where they go, their state, and what their event is."""

    plugin: PluginOption = None
    states: StatesOption = None

    def query(self) -> Query:
        """Return it as parameters; see `EventChoice.query`."""
        chosen = super().query()
        plugin = chosen["plugin"] if self.plugin is None else self.plugin
        return {**chosen, "plugin": plugin, "state": self.states}


def _moment(text: str | None, option: str) -> str | None:
    try:
        return None if text is None else moment(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
