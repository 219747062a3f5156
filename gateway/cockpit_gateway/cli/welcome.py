"""The first screen of `cockpit-gateway run`: what runs, what to type into Cockpit, and what to try next."""

from __future__ import annotations

import shlex
import shutil
import socket
import sys
from collections.abc import Collection
from pathlib import Path

from cockpit_gateway import __version__
from cockpit_gateway.cli.addresses import EVERYWHERE
from cockpit_gateway.cli.options import usual_config
from cockpit_gateway.cli.output import print_fields, print_text
from cockpit_gateway.cli.targets import is_endpoint
from cockpit_gateway.config import Settings, Source
from cockpit_gateway.gateway import Gateway

NAME = "cockpit-gateway"

EXAMPLE = """--event collections.save.after --args '["posts", {"title": "Hello", "_id": "1"}, false]'"""


def welcome(gateway: Gateway, config: Path) -> None:
    """Print the first screen.

    Args:
        gateway: A running one.
        config: Its configuration file.
    """
    settings = gateway.settings
    endpoints = [target.target for target in gateway.dispatcher.targets if is_endpoint(*target)]
    print_text(f"\nCockpit Gateway {__version__} is running; Ctrl-C stops it.\n", "bold")
    print_fields(
        {
            "listens on": gateway.listeners.address,
            "store": settings.store.shown,
            "configuration": config,
            "endpoints": f"{len(endpoints)}: {', '.join(endpoints)}" if endpoints else "none yet; add one to the file",
        }
    )
    if gateway.console.links.console is not None:
        print_text("\nThe console, by a link that works once and within five minutes; `console` makes another:", "bold")
        print_text(f"\n  {gateway.console.links.new()}")
    if settings.sources:
        _print_form(settings, gateway.listeners.address)
    else:
        print_text("\nNo source is configured, so nothing is taken in yet. Add to the file, and start again:", "bold")
        print_text("\n  sources:\n    website: {}")
    _print_next(config, settings.sources)


def _print_form(settings: Settings, address: str) -> None:
    print_text("\nIn Cockpit, under Settings, Webhooks, one webhook per source:", "bold")
    base = public_url(settings, address) + settings.server.base_path
    for name, source in settings.sources.items():
        print_text(f"\n  {name}", "cyan")
        print_fields({"    URL": f"{base}/cockpit/{name}", "    header": _header(name, source)})


def public_url(settings: Settings, address: str) -> str:
    """Return how other programs reach the gateway, as far as it can know.

    Args:
        settings: Say where to listen.
        address: Where it listens, as a URL.
    """
    listen = settings.server.listen
    if listen.path is not None:
        return f"your web server, which passes on to {address}:"
    if listen.host in EVERYWHERE:
        return f"{address.partition(':')[0]}://{socket.gethostname()}:{address.rpartition(':')[2]}"
    return address


def _header(name: str, source: Source) -> str:
    if not source.tokens:
        return "none; without a token, only this machine may post"
    return f"{source.header}, with a token of sources.{name}"


def _print_next(config: Path, sources: Collection[str]) -> None:
    print_text("\nNow try, in another terminal:", "bold")
    chosen = "" if config == usual_config() else f" -c {shlex.quote(str(config))}"
    source = f" --source {next(iter(sources))}" if len(sources) > 1 else ""
    commands = [f"send {EXAMPLE}{source}", "events list", "deliveries list"] if sources else []
    for command in (*commands, "check"):
        print_text(f"  {_program()} {command}{chosen}")
    print_text()


def _program() -> str:
    """Return how the reader's shell finds this program: by its name, or where it was started from."""
    return NAME if shutil.which(NAME) else sys.argv[0]
