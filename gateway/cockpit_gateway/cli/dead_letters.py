"""`cockpit-gateway dead-letters`: deliveries that were given up."""

from __future__ import annotations

from typing import Annotated

import typer

from cockpit_gateway.cli import deliveries
from cockpit_gateway.cli.bulk import DryRunOption, Manner, YesOption
from cockpit_gateway.cli.changing import REPLAY, NewIdOption, change_deliveries
from cockpit_gateway.cli.filters import (
    EndpointOption,
    EventOption,
    NameOption,
    SinceOption,
    SourceOption,
    SubjectOption,
    UntilOption,
    delivery_query,
)
from cockpit_gateway.cli.options import ConfigOption, JsonOption, LimitOption
from cockpit_gateway.deliveries import DeliveryState

app = typer.Typer(name="dead-letters", help="Deliveries that were given up.", no_args_is_help=True)
app.command()(deliveries.show)


@app.command("list")
def list_dead_letters(
    *,
    endpoint: EndpointOption = None,
    event: EventOption = None,
    name: NameOption = None,
    source: SourceOption = None,
    subject: SubjectOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    before: deliveries.BeforeOption = None,
    limit: LimitOption = 50,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List dead letters, newest first."""
    query = delivery_query(
        endpoint=endpoint,
        states=[DeliveryState.DEAD],
        event=event,
        name=name,
        source=source,
        subject=subject,
        since=since,
        until=until,
    )
    deliveries.print_page({**query, "before": before, "limit": limit}, config, as_json=as_json)


@app.command()
def replay(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID…", help="Only these.")] = None,
    *,
    endpoint: EndpointOption = None,
    event: EventOption = None,
    name: NameOption = None,
    source: SourceOption = None,
    subject: SubjectOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    new_id: NewIdOption = False,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Deliver dead letters again, the oldest first: all, or those that the options name."""
    query = delivery_query(
        ids=ids,
        endpoint=endpoint,
        states=[DeliveryState.DEAD],
        event=event,
        name=name,
        source=source,
        subject=subject,
        since=since,
        until=until,
    )
    query = {**query, "new_id": "true" if new_id else None}
    change_deliveries(REPLAY, query, Manner(yes, dry_run, as_json), config)
