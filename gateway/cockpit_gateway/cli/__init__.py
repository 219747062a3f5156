"""The command line: one command, or group of commands, per file; `main` is its entry point."""

from __future__ import annotations

import signal
import sys

__all__ = ["main"]


def main() -> None:
    """Run the command that was typed; see `cockpit_gateway.cli.app.main`."""
    if sys.argv[1:2] == ["run"]:  # before all that has to be imported: these would end it, and the daemon takes them
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP, signal.SIGUSR2})
    from cockpit_gateway.cli.app import main as run_command

    run_command()
