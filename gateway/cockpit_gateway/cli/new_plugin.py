"""`cockpit-gateway plugins new`: an installable package, from the files in `plugin_template`."""

from __future__ import annotations

import re
from importlib.metadata import entry_points
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from cockpit_gateway import __version__
from cockpit_gateway.contract import NAMESPACE
from cockpit_gateway.errors import GatewayError

TEMPLATE = Path(__file__).parent / "plugin_template"

SUFFIX = ".jinja"

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_jinja = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701 - no HTML


def write_plugin(name: str, directory: Path) -> Path:
    """Write a package with a plugin, its tests, and what it takes to install and publish it.

    Args:
        name: The plugin's name, as it will be in the configuration.
        directory: Where the package's own directory is made.

    Returns:
        That directory.

    Raises:
        GatewayError: the name cannot be used, or the directory is there already.
    """
    values = _values(name)
    target = directory / values["distribution"]
    if target.exists():
        raise GatewayError(f"{target} exists already; choose another name, or remove it")
    for source in sorted(TEMPLATE.rglob(f"*{SUFFIX}")):
        place = str(source.relative_to(TEMPLATE)).removesuffix(SUFFIX)
        path = target / place.replace("MODULE", values["module"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_jinja.from_string(source.read_text()).render(values))
    return target


def _values(name: str) -> dict[str, str]:
    """Return what the template's files are filled with."""
    if not _NAME.fullmatch(name):
        raise GatewayError(f"{name!r} cannot be a plugin's name; use small letters, digits and hyphens: search-index")
    if name in entry_points(group=NAMESPACE).names:
        raise GatewayError(f"a plugin called {name!r} is installed already; choose another name")
    return {
        "name": name,
        "distribution": f"cockpit-gateway-{name}",
        "module": f"cockpit_gateway_{name.replace('-', '_')}",
        "class": "".join(part.capitalize() for part in name.split("-")) + "Plugin",
        "version": __version__,
    }
