"""`cockpit-gateway run`: the daemon."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit_gateway.cli.options import ConfigOption, NoPluginOption, NoPluginsOption, find_config, without
from cockpit_gateway.cli.output import out
from cockpit_gateway.errors import GatewayError

if TYPE_CHECKING:
    from cockpit_gateway.gateway import Gateway


def run(*, no_plugin: NoPluginOption = None, no_plugins: NoPluginsOption = False, config: ConfigOption = None) -> None:
    """Run the gateway until SIGTERM or Ctrl-C; a second one ends it at once."""
    from cockpit_gateway.cli.welcome import welcome
    from cockpit_gateway.daemon import serve

    path = find_config(config)

    def on_ready(gateway: Gateway) -> None:
        if out.is_terminal:
            welcome(gateway, path)

    try:
        serve(path, on_ready, without(no_plugin, no_plugins=no_plugins))
    except OSError as error:
        raise _explain(error, path) from error


def _explain(error: OSError, path: Path) -> Exception:
    """Return what to do if the address cannot be listened on."""
    from cockpit_gateway.daemon import load

    if error.errno not in {errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES}:
        return error
    listen = load(path)[0].settings.server.listen
    where = listen.path or f"{listen.host}:{listen.port}"
    cure = "stop what listens there" if error.errno == errno.EADDRINUSE else "use an address of this machine"
    reason = os.strerror(error.errno).lower()
    return GatewayError(f"cannot listen on {where}: {reason}; {cure}, or change server.listen in {path}")
