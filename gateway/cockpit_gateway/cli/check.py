"""`cockpit-gateway check`: validates configurations, and does nothing else."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from cockpit_gateway.cli.options import ConfigOption, JsonOption, find_config
from cockpit_gateway.cli.output import err, print_fields, print_json, print_text, visible
from cockpit_gateway.cli.targets import PLANNING, target_name
from cockpit_gateway.errors import GatewayError


@dataclass(frozen=True, slots=True)
class Verdict:
    """What there is to say of a configuration.

    Attributes:
        file: Its path; "-" is standard input.
        ok: True if a gateway could run with it.
        problem: Every mistake, if not.
        sources: Names of the sources.
        endpoints: Names of the active endpoints, and of the handlers and other targets.
        plugins: Names of the plugins that work.
        broken: Names of the plugins that do not, which a gateway runs without.
        disabled: Names of the plugins that are not imported.
        warnings: What will not work with a later version.
    """

    file: str
    ok: bool
    problem: str | None = None
    sources: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    disabled: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def check(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE…", help="What to check, - for standard input; by default what `run` would use."),
    ] = None,
    *,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Check configurations with the installed plugins; exits with 2 if one has mistakes."""
    verdicts = [_judge(path) for path in files or [find_config(config)]]
    if as_json:
        print_json({"files": [asdict(verdict) for verdict in verdicts]})
    else:
        _print(verdicts)
    if not all(verdict.ok for verdict in verdicts):
        raise typer.Exit(2)


def _judge(path: Path) -> Verdict:
    from cockpit_gateway.config import ConfigFile
    from cockpit_gateway.daemon import validate
    from cockpit_gateway.gateway import Gateway

    try:
        file = ConfigFile.from_text(sys.stdin.read(), "-") if path == Path("-") else ConfigFile.read(path)
        config, registry, catalogue = validate(file)
        targets = Gateway(config, registry, catalogue).dispatcher.targets
    except GatewayError as error:
        return Verdict(str(path), ok=False, problem=str(error))
    return Verdict(
        str(path),
        ok=True,
        sources=tuple(config.settings.sources),
        endpoints=tuple(target_name(*target) for target in targets if target.target != PLANNING),
        plugins=tuple(registry.config_models()),
        broken=tuple(plugin.name for plugin in registry.broken),
        disabled=tuple(sorted(registry.disabled)),
        warnings=tuple(f"{plugin.name}: {told}" for plugin in registry.plugins.values() for told in plugin.warnings),
    )


def _print(verdicts: Iterable[Verdict]) -> None:
    for verdict in verdicts:
        if verdict.problem is not None:
            err.print(visible(verdict.problem, lines=True), soft_wrap=True)
            continue
        print_text(f"{'standard input' if verdict.file == '-' else verdict.file} is valid", "green")
        print_fields(
            {
                "sources": ", ".join(verdict.sources) or "none",
                "endpoints": ", ".join(verdict.endpoints) or "none",
                "plugins": ", ".join(verdict.plugins) or "none",
                "broken": ", ".join(verdict.broken),
                "disabled": ", ".join(verdict.disabled),
            }
        )
        for warning in verdict.warnings:
            err.print(visible(warning), style="yellow", soft_wrap=True)
