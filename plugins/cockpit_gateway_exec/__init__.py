"""The built-in plugin for commands: runs a program per delivery, with the event on its standard input."""

from cockpit_gateway_exec.plugin import ExecPlugin
from cockpit_gateway_exec.settings import Command, Config

__all__ = ["Command", "Config", "ExecPlugin"]
