"""The commands, put together."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cockpit_gateway import __version__
from cockpit_gateway.cli import (
    check,
    config,
    console,
    dead_letters,
    deliveries,
    doctor,
    endpoints,
    events,
    explain,
    healthcheck,
    nodes,
    plan,
    plugins,
    reload,
    restart,
    run,
    schema,
    send,
    store,
)
from cockpit_gateway.cli.output import err, visible
from cockpit_gateway.errors import ConfigError, GatewayError
from cockpit_gateway.telemetry.logs import set_up_logging

app = typer.Typer(
    name="cockpit-gateway",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("run")(run.run)
app.command("reload")(reload.reload)
app.command("restart")(restart.restart)
app.command("check")(check.check)
app.command("healthcheck")(healthcheck.healthcheck)
app.command("console")(console.console)
app.command("nodes")(nodes.nodes)
app.command("send")(send.send)
app.command("explain")(explain.explain)
app.command("doctor")(doctor.doctor)
app.command("plan")(plan.plan)
app.add_typer(config.app)
app.add_typer(events.app)
app.add_typer(deliveries.app)
app.add_typer(dead_letters.app)
app.add_typer(endpoints.app)
app.add_typer(plugins.app)
app.add_typer(store.app)
app.command("schema")(schema.schema)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - typer's signature of a callback
    if wanted:
        print(f"cockpit-gateway {__version__}")  # noqa: T201 - one word for programs
        raise typer.Exit


@app.callback()
def root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """The one URL that Cockpit CMS posts to: events stored durably, handed to plugins, delivered to your webhooks."""


def main() -> None:
    """Run a command. Mistakes of usage and configuration exit with 2, what fails otherwise with 1."""
    set_up_logging("warning", "auto")
    try:
        app()
    except ConfigError as error:
        _fail(error, 2)
    except (GatewayError, OSError) as error:
        _fail(error, 1)


def _fail(error: Exception, status: int) -> None:
    err.print(visible(str(error), lines=True), soft_wrap=True)
    sys.exit(status)
