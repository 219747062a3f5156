"""The list of deliveries, and that of dead letters: where events went, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from aiohttp import web
from multidict import MultiDict, MultiMapping

from cockpit_gateway.administration import Administration
from cockpit_gateway.config import Scope
from cockpit_gateway.deliveries import Delivery, DeliveryState
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import EventFilter
from cockpit_gateway.targets import PLAN_TARGET
from cockpit_gateway.web.access import needs
from cockpit_gateway.web.api.cursors import DELIVERIES, cursor_text
from cockpit_gateway.web.api.parameters import mistake, read_query
from cockpit_gateway.web.api.queries import DeliveriesQuery
from cockpit_gateway.web.console.forms import chosen, narrowed
from cockpit_gateway.web.console.frame import Entry, Frame

FILTERS = ("to", "state", "name", "source", "subject", "since", "until")

PAGE = 50
"""Deliveries on a page."""

DEAD_LETTERS = "/dead-letters"


class DeliveryList:
    """Lists deliveries.

    Args:
        frame: Makes the pages.
        administration: Knows the deliveries.
    """

    entries = (Entry("/deliveries", "Deliveries"), Entry(DEAD_LETTERS, "Dead letters", ("/bulk",)))

    def __init__(self, frame: Frame, administration: Administration) -> None:
        self._frame = frame
        self._admin = administration

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to the console."""
        return [web.get("/deliveries", self.deliveries), web.get(DEAD_LETTERS, self.dead_letters)]

    @needs(Scope.READ)
    async def deliveries(self, request: web.Request) -> web.Response:
        """List the deliveries that a filter finds, newest first."""
        return await self._list(request, "deliveries.html", "/deliveries", request.query)

    @needs(Scope.READ)
    async def dead_letters(self, request: web.Request) -> web.Response:
        """List the deliveries that were given up."""
        dead = MultiDict(request.query)
        dead["state"] = DeliveryState.DEAD
        return await self._list(request, "dead_letters.html", DEAD_LETTERS, dead)

    async def _list(self, request: web.Request, template: str, path: str, query: MultiMapping[str]) -> web.Response:
        asked = read_query(DeliveriesQuery, wanted(query))
        found = await self._admin.store.deliveries(replace(asked.filter(before=asked.cursor, limit=PAGE), bounded=True))
        filters = chosen(query, *FILTERS)
        known = [state.target_id for state in await self._admin.store.target_states()]
        targets = {str(target_id) for target_id in known if target_id.target != PLAN_TARGET} | {filters["to"]}
        return self._frame.page(
            request,
            template,
            path=path,
            deliveries=found,
            events=await names_of(self._admin.store, found),
            held={delivery.id: self._admin.held(delivery) for delivery in found},
            filters=filters,
            states=list(DeliveryState),
            targets=sorted(targets - {""}),
            before=request.query.get("cursor"),
            following=cursor_text(DELIVERIES, found.following),
            searched_to=found.searched_to,
        )


async def names_of(store: Store, found: Sequence[Delivery]) -> Mapping[str, str]:
    """Return the names of the deliveries' events, by id."""
    names: dict[str, str] = {}
    while ids := [delivery.event_id for delivery in found if delivery.event_id not in names]:
        page = await store.events(EventFilter(ids=list(dict.fromkeys(ids)), limit=PAGE))
        names |= {event.id: event.name for event in page}
        if page.following is None:
            break
    return names


def wanted(query: MultiMapping[str]) -> MultiDict[str]:
    """Return the parameters of a list of deliveries as `web/api/queries.py` reads them; `to` is a target's full name.

    Raises:
        Problem: it is none.

    Example:
        >>> wanted(MultiDict(to="webhook:site"))
        <MultiDict('limit': '50', 'plugin': 'webhook', 'target': 'site')>
    """
    given = narrowed(query, limit=PAGE)
    if "to" in given:
        plugin, _, target = given.pop("to").partition(":")
        if not target:
            raise mistake("query", "to", "a target is written as plugin:name")
        given.update({"plugin": plugin, "target": target})
    return given
