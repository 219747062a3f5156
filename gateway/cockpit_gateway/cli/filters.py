"""Options that narrow lists and replays, and the parameters that they become."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypeAlias

import typer

from cockpit_gateway.cli.client import Query
from cockpit_gateway.cli.targets import split_name
from cockpit_gateway.cli.times import moment
from cockpit_gateway.deliveries import DeliveryState

TIME = "TIME"

PluginOption: TypeAlias = Annotated[str | None, typer.Option("--plugin", help="Only deliveries of this plugin.")]
EndpointOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--endpoint", "--target", metavar="NAME", help="Only deliveries to this endpoint or PLUGIN:TARGET."),
]
StatesOption: TypeAlias = Annotated[
    list[DeliveryState] | None,
    typer.Option("--state", help="Only deliveries in this state; can be given several times."),
]
EventOption: TypeAlias = Annotated[
    str | None, typer.Option("--event", metavar="ID", help="Only deliveries of this event.")
]
NameOption: TypeAlias = Annotated[str | None, typer.Option("--name", help="Only events of this full name.")]
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


def delivery_query(
    *,
    ids: Sequence[str] | None = None,
    plugin: str | None = None,
    endpoint: str | None,
    states: Sequence[DeliveryState] | None,
    event: str | None,
    name: str | None,
    source: str | None,
    subject: str | None,
    since: str | None,
    until: str | None,
) -> Query:
    """Return the parameters that choose deliveries."""
    of_plugin, target = split_name(endpoint or "")
    return {
        "id": ids,
        "plugin": plugin or of_plugin,
        "target": target or None,
        "state": states,
        "event": event,
        "name": name,
        "source": source,
        "subject": subject,
        **period(since, until),
    }


def period(since: str | None, until: str | None) -> dict[str, str | None]:
    """Return the parameters that choose a time.

    Raises:
        typer.BadParameter: one of them is no time.
    """
    return {"since": _moment(since, "--since"), "until": _moment(until, "--until")}


def _moment(text: str | None, option: str) -> str | None:
    try:
        return None if text is None else moment(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
