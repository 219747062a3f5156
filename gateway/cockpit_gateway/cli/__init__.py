"""The command line: one command, or group of commands, per file; `main` is its entry point."""

from cockpit_gateway.cli.app import main

__all__ = ["main"]
