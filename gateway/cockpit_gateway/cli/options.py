"""Options that several commands share, and how the configuration file is found."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from functools import wraps
from inspect import Parameter
from pathlib import Path
from typing import Annotated, Any, TypeAlias, get_type_hints

import typer

from cockpit_gateway.errors import ConfigError

USUAL_PLACES = (
    Path("config/gateway.yaml"),
    Path("gateway.yaml"),
    Path("/etc/cockpit-gateway/gateway.yaml"),
)
"""Where the configuration is looked for when nobody says where it is."""

ConfigOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        envvar="COCKPIT_GATEWAY_CONFIG",
        metavar="PATH",
        help="The configuration; by default the first of config/gateway.yaml, gateway.yaml and "
        "/etc/cockpit-gateway/gateway.yaml.",
    ),
]
JsonOption: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
NoPluginOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--no-plugin", metavar="NAME", help="Do not import this plugin; can be given several times."),
]
NoPluginsOption: TypeAlias = Annotated[
    bool, typer.Option("--no-plugins", help="Import no plugin but those that come with the gateway.")
]
CursorOption: TypeAlias = Annotated[
    str | None, typer.Option("--cursor", metavar="NEXT", help="Go on there: the `next` of the page before.")
]
LimitOption: TypeAlias = Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most so many.")]


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command that takes the fields of its parameters that are dataclasses as options of its own.

    Commands share sets of options this way.

    Args:
        command: Its dataclass parameters are keyword-only.
    """
    hints = get_type_hints(command, include_extras=True)
    groups = {name: hint for name, hint in hints.items() if is_dataclass(hint) and isinstance(hint, type)}
    names = {name: [field.name for field in fields(group)] for name, group in groups.items()}

    @wraps(command)
    def spread_command(**given: Any) -> None:
        grouped = {
            name: groups[name](**{field: given.pop(field) for field in fields_of}) for name, fields_of in names.items()
        }
        command(**given, **grouped)

    parameters = [
        option
        for parameter in inspect.signature(command).parameters.values()
        for option in _options(parameter, hints[parameter.name])
    ]
    spread_command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    spread_command.__annotations__ = {option.name: option.annotation for option in parameters}
    return spread_command


def _options(parameter: Parameter, hint: Any) -> Iterator[Parameter]:
    """Yield a parameter itself, or one for each field of its dataclass."""
    if not is_dataclass(hint):
        yield parameter.replace(annotation=hint)
        return
    hints = get_type_hints(hint, include_extras=True)
    for field in fields(hint):
        yield Parameter(field.name, Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name])


def find_config(given: Path | None) -> Path:
    """Return the configuration file to use.

    Args:
        given: As named by the option or by `COCKPIT_GATEWAY_CONFIG`.

    Raises:
        ConfigError: nobody named one, and there is none in the usual places.
    """
    found = given or usual_config()
    if found is None:
        tried = ", ".join(map(str, USUAL_PLACES))
        raise ConfigError(
            f"no configuration found; tried {tried}. Name one with --config PATH or COCKPIT_GATEWAY_CONFIG."
        )
    return found


def usual_config() -> Path | None:
    """Return the first configuration in the usual places, None if there is none."""
    return next((place for place in USUAL_PLACES if place.is_file()), None)


def without(no_plugin: Sequence[str] | None, *, no_plugins: bool) -> Sequence[str]:
    """Return the names of the plugins that are not to be imported; `*` for all but the gateway's own."""
    return [*(no_plugin or ()), *(("*",) if no_plugins else ())]
