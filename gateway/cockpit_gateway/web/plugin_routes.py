"""What plugins answer, each below a path of its own."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from cockpit_gateway.errors import PluginError


def plugin_routes(plugin: str, given: Sequence[object]) -> Sequence[web.RouteDef]:
    """Return a plugin's routes, below its own path.

    Args:
        plugin: The plugin's name.
        given: What it returned.

    Raises:
        PluginError: one is no route, its path is not relative to that, or it is there twice.
    """
    routes = [_below(plugin, route) for route in given]
    seen: set[tuple[str, str]] = set()
    for route in routes:
        if (route.method, route.path) in seen:
            raise PluginError(f"{route.method} {route.path} is there twice; only the first would be answered")
        seen.add((route.method, route.path))
    return routes


def _below(plugin: str, route: object) -> web.RouteDef:
    if not isinstance(route, web.RouteDef) or not route.path.startswith("/"):
        raise PluginError(f'a route is made by aiohttp.web.get("/path", handler) or the like, not {route!r}')
    return web.route(route.method, f"/plugins/{plugin}{route.path}", route.handler, **route.kwargs)
