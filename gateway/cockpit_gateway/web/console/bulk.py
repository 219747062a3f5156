"""Whatever a filter finds, delivered again or no more: what it would be, and then step by step."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import NamedTuple

from aiohttp import web
from multidict import MultiDict

from cockpit_gateway.administration import Administration
from cockpit_gateway.config import Scope
from cockpit_gateway.replays import to_cancel, to_replay
from cockpit_gateway.store.records import Cursor, DeliveryFilter, Step
from cockpit_gateway.web.access import needs
from cockpit_gateway.web.api.cursors import WALK, cursor_text
from cockpit_gateway.web.api.parameters import read_query
from cockpit_gateway.web.api.queries import DeliveriesQuery, ReplayWalk
from cockpit_gateway.web.console.delivery_list import FILTERS, wanted
from cockpit_gateway.web.console.forms import chosen
from cockpit_gateway.web.console.frame import Entry, Frame
from cockpit_gateway.web.console.guard import FORM_TOKEN
from cockpit_gateway.web.problems import Problem


class _Act(NamedTuple):
    """What is done with deliveries.

    Attributes:
        name: How it is called on the page.
        done: The same, when it is over.
        meant: What a filter means for it.
        step: Does some of it.
    """

    name: str
    done: str
    meant: Callable[[DeliveryFilter], DeliveryFilter]
    step: Callable[[DeliveryFilter, Cursor | None], Awaitable[Step]]


class Bulk:
    """Replays and cancels what a filter finds.

    Args:
        frame: Makes the pages.
        administration: Does it.
    """

    entries: tuple[Entry, ...] = ()

    def __init__(self, frame: Frame, administration: Administration) -> None:
        replays = administration.replays
        self._frame = frame
        self._replays = replays
        self._acts = {
            "replay": _Act(
                "Deliver again",
                "put back; they are delivered as their targets allow",
                to_replay,
                lambda found, at: replays.replay(found, at, new_ids=False),
            ),
            "cancel": _Act("Cancel", "cancelled", to_cancel, replays.cancel),
        }

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to the console."""
        return [
            web.get("/bulk/{act:replay|cancel}", self.preview),
            web.post("/bulk/{act:replay|cancel}", self.step),
        ]

    @needs(Scope.READ)
    async def preview(self, request: web.Request) -> web.Response:
        """Show what would be done, and ask."""
        act = self._acts[request.match_info["act"]]
        query = wanted(request.query)
        found = await self._replays.preview(act.meant(read_query(DeliveriesQuery, query).filter()))
        return self._frame.page(
            request,
            "bulk.html",
            act=act,
            path=request.path.removeprefix(self._frame.root),
            filters=_without(query, "limit", "cursor"),
            back=chosen(request.query, *FILTERS),
            found=found,
            held={tally.target_id: self._replays.held(tally.target_id) for tally in found},
            total=sum(tally.found for tally in found),
            overtaken=sum(tally.overtaken for tally in found),
        )

    @needs(Scope.OPERATE)
    async def step(self, request: web.Request) -> web.Response:
        """Do some of it, and go on by itself until all is done."""
        act = self._acts[request.match_info["act"]]
        form = MultiDict(
            (name, value) for name, value in (await request.post()).items() if isinstance(value, str) and value
        )
        changed, skipped = (_count(form.pop(name, "0")) for name in ("changed", "skipped"))
        filters = _without(form, FORM_TOKEN)
        asked = read_query(ReplayWalk, filters)
        step = await act.step(act.meant(asked.filter()), asked.cursor)
        return self._frame.page(
            request,
            "bulk_step.html",
            act=act,
            path=request.path.removeprefix(self._frame.root),
            filters=_without(filters, "cursor"),
            changed=changed + step.changed,
            skipped=skipped + step.skipped,
            following=cursor_text(WALK, step.following),
        )


def _without(fields: MultiDict[str], *names: str) -> MultiDict[str]:
    """Return fields but for those of some names."""
    return MultiDict((name, value) for name, value in fields.items() if name not in names)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise Problem(HTTPStatus.BAD_REQUEST, f"{text!r} is no number of deliveries.")
    return int(text)
