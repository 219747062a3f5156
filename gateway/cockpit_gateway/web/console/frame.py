"""The frame of every page: templates, links, who looks, and the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, NamedTuple, TypeAlias, cast
from urllib.parse import quote, urlencode

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from cockpit_gateway import __version__
from cockpit_gateway.clock import Clock
from cockpit_gateway.web.console import shown
from cockpit_gateway.web.console.assets import PACKAGE, Assets
from cockpit_gateway.web.console.sessions import Session

SESSION = web.RequestKey("session", Session)

Parameter: TypeAlias = str | int | Sequence[str] | None


class Entry(NamedTuple):
    """A page in the navigation.

    Attributes:
        path: Its path below the console's; pages below it belong to it.
        name: Its name.
        further: Paths elsewhere, of pages that belong to it too.
    """

    path: str
    name: str
    further: tuple[str, ...] = ()


class Frame:
    """Makes pages of templates.

    Args:
        root: The console's own path, without a slash at its end: "/console".
        clock: The time.
        assets: What pages refer to.
    """

    def __init__(self, root: str, clock: Clock, assets: Assets) -> None:
        self.root = root
        self.entries: Sequence[Entry] = ()
        """The navigation."""
        self._templates = Environment(
            loader=PackageLoader(PACKAGE),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        cast("dict[str, Any]", self._templates.globals).update(url=self.url, asset=self._asset, version=__version__)
        self._templates.filters.update(
            moment=self._moment,
            **{
                shape.__name__: shape
                for shape in (shown.span, shown.exact, shown.size, shown.number, shown.percent, shown.marked)
            },
        )
        self._assets = assets
        self._clock = clock

    async def prepare(self, _app: web.Application) -> None:
        """Compile the templates, in a thread: it takes longer than anybody should wait for the loop."""
        await asyncio.to_thread(lambda: [*map(self._templates.get_template, self._templates.list_templates())])

    def url(self, path: str, *parts: str, **query: Parameter) -> str:
        """Return the URL of a page.

        Args:
            path: Below the console's: "/events".
            parts: Further segments, such as an id; whatever is in them.
            query: Parameters; one that is None or "" is left out.

        Example:
            >>> Frame("/console", clock, assets).url("/events", "a/b", name="x y")  # doctest: +SKIP
            '/console/events/a%2Fb?name=x+y'
        """
        given = {name: value for name, value in query.items() if value not in (None, "")}
        whole = "/".join([self.root + path, *(quote(part, safe="") for part in parts)])
        return f"{whole}?{urlencode(given, doseq=True)}" if given else whole

    def page(self, request: web.Request, template: str, status: int = HTTPStatus.OK, **values: Any) -> web.Response:
        """Return a page.

        Args:
            request: What it answers.
            template: Name of the template.
            status: The HTTP status.
            values: What the template shows.
        """
        text = self.part(
            template, **values, session=request.get(SESSION), entries=self.entries, here=self._entry(request)
        )
        return web.Response(status=status, text=text, content_type="text/html")

    def part(self, template: str, **values: Any) -> str:
        """Return a template alone, such as a part of a page."""
        return self._templates.get_template(template).render(values)

    def to(self, path: str, *parts: str, **query: Parameter) -> web.HTTPSeeOther:
        """Return the redirection to a page: raise it after a form has been acted upon."""
        return web.HTTPSeeOther(self.url(path, *parts, **query))

    def _entry(self, request: web.Request) -> str:
        """Return the path of the navigation's entry that a request belongs to."""
        path = request.path.removeprefix(self.root)
        places = {place: entry.path for entry in self.entries for place in (entry.path, *entry.further)}
        fitting = [place for place in places if path == place or (place != "/" and path.startswith(f"{place}/"))]
        return places.get(max(fitting, key=len, default=""), "")

    def _asset(self, name: str) -> str:
        return self.root + self._assets.path(name)

    def _moment(self, seconds: float | None) -> Markup:
        return shown.moment(seconds, self._clock.time())
