"""docs/reference/cli.md, from the commands themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import EnumType
from typing import Any, get_args, get_type_hints

import typer

from cockpit_gateway.cli.app import app
from generators.markdown import code, document, listed, plain, table

INTRODUCTION = """\
`cockpit-gateway` talks to the running daemon over its Unix socket; without a daemon it opens the store itself, and
nothing is delivered meanwhile. Tables are for people: with `--json` a command prints one JSON document instead.

It exits with 0 if all is well, with 2 for a mistake of usage or in the configuration, and with 1 for what fails
otherwise. `cockpit-gateway COMMAND --help` shows what stands here.
"""


def page() -> str:
    """Return the page."""
    return document("Command line", INTRODUCTION, *_sections("cockpit-gateway", typer.main.get_command(app)))


def _sections(name: str, command: Any) -> Iterator[str]:
    """Return the sections of a command or of a group's commands; what they are made of is the same in every typer."""
    for inner_name, inner in getattr(command, "commands", {}).items():
        full_name = f"{name} {inner_name}"
        if hasattr(inner, "commands"):
            yield f"## `{full_name}`"
            yield plain(inner.help)
            yield from _sections(full_name, inner)
        else:
            yield f"{'##' if name.count(' ') == 0 else '###'} `{full_name}`"
            yield from _command(full_name, inner)


def _command(name: str, command: Any) -> Iterator[str]:
    parameters = [parameter for parameter in command.params if not parameter.hidden and parameter.name != "help"]
    arguments = [_argument(parameter) for parameter in parameters if _is_argument(parameter)]
    yield plain(command.help)
    yield code(" ".join([name, *arguments, "[OPTIONS]"]), "text")
    yield table(["", "meaning"], [_row(parameter, command.callback) for parameter in parameters])


def _row(parameter: Any, function: Callable[..., Any]) -> list[str]:
    name = _argument(parameter) if _is_argument(parameter) else _option(parameter)
    facts = [parameter.help]
    choices = _choices(function, parameter.name)
    if choices:
        facts.append(f"One of {listed(choices)}.")
    if parameter.default not in (None, False, (), []):
        facts.append(f"Default: `{parameter.default}`.")
    if parameter.envvar:
        facts.append(f"Environment: `{parameter.envvar}`.")
    return [f"`{name}`", plain(" ".join(facts))]


def _is_argument(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "argument")


def _argument(parameter: Any) -> str:
    name: str = parameter.metavar or parameter.name.upper()
    return name if parameter.required else f"[{name}]"


def _option(parameter: Any) -> str:
    names = ", ".join(parameter.opts)
    return names if parameter.is_flag else f"{names} {parameter.metavar or parameter.name.upper()}"


def _choices(function: Callable[..., Any], name: str) -> list[str]:
    annotation = get_type_hints(function)[name]
    kinds: list[Any] = [kind for kind in (annotation, *get_args(annotation)) if isinstance(kind, EnumType)]
    return [str(member.value) for kind in kinds for member in kind]
