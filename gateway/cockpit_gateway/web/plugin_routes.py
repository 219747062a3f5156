"""The routes of plugins: each below a path of its plugin's own."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from cockpit_gateway.errors import PluginError


def plugin_route(plugin: str, route: object) -> web.RouteDef:
    """Return a plugin's route, below its own path.

    Raises:
        PluginError: it is none, or its path is not relative to that.
    """
    if not isinstance(route, web.RouteDef) or not route.path.startswith("/"):  # pyright: ignore[reportUnnecessaryIsInstance] - it is a plugin's
        raise PluginError(f'a route is made by aiohttp.web.get("/path", handler) or the like, not {route!r}')
    return web.route(route.method, f"/plugins/{plugin}{route.path}", route.handler, **route.kwargs)


def refuse_repeated(routes: Sequence[web.RouteDef]) -> None:
    """Refuse routes of which the later would never be reached.

    Raises:
        PluginError: a method and path is there twice.
    """
    seen: set[tuple[str, str]] = set()
    for route in routes:
        if (route.method, route.path) in seen:
            raise PluginError(f"{route.method} {route.path} is there twice; only the first would be answered")
        seen.add((route.method, route.path))
