"""`cockpit-gateway dead-letters`: deliveries that were given up."""

from __future__ import annotations

from typing import Annotated

import typer

from cockpit_gateway.cli import deliveries
from cockpit_gateway.cli.bulk import Manner
from cockpit_gateway.cli.changing import REPLAY, NewIdOption, change_deliveries, replay_query
from cockpit_gateway.cli.filters import DeadLetterChoice
from cockpit_gateway.cli.options import ConfigOption, spread

app = typer.Typer(name="dead-letters", help="Deliveries that were given up.", no_args_is_help=True)
app.command()(deliveries.show)


@app.command("list")
@spread
def list_dead_letters(*, chosen: DeadLetterChoice, page: deliveries.Page, config: ConfigOption = None) -> None:
    """List dead letters, newest first."""
    deliveries.print_page(chosen.query(), page, config)


@app.command()
@spread
def replay(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID…", help="Only these.")] = None,
    *,
    chosen: DeadLetterChoice,
    new_id: NewIdOption = False,
    manner: Manner,
    config: ConfigOption = None,
) -> None:
    """Deliver dead letters again, the oldest first: all, or those that the options name."""
    change_deliveries(REPLAY, replay_query(chosen, ids, new_id=new_id), manner, config)
