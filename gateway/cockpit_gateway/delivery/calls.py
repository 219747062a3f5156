"""What an attempt calls: a plugin's `deliver`, an event handler, or a planner that was late."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import TypeAlias

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.deliveries import Response, Work
from cockpit_gateway.errors import PluginError
from cockpit_gateway.hosting import Host
from cockpit_gateway.registry import Implementation

Call: TypeAlias = Callable[[Work], Awaitable[Response | None]]


def deliver_call(implementation: Implementation, host: Host) -> Call:
    """Return the call of a plugin's `deliver`; what it returns is kept if it is a `Response`."""

    async def call(work: Work) -> Response | None:
        values: dict[str, object] = {
            "delivery": work.delivery,
            "event": work.event,
            "events": work.batch or (work.event,),
        }
        answer = await _run(implementation, values, host)
        if answer is not None and not isinstance(answer, Response):
            raise PluginError(
                f"deliver returns a Response or None, not {answer!r:.80}; what failed raises Retry or Reject"
            )
        return answer

    return call


def handler_call(implementation: Implementation, host: Host, catalogue: Catalogue) -> Call:
    """Return the call of an event handler, with Cockpit's arguments bound to the parameters it takes."""
    wanted = implementation.parameters
    needs_arguments = not {"event", "context"}.issuperset(wanted)

    async def call(work: Work) -> Response | None:
        event = work.event
        values: dict[str, object] = dict(catalogue.bind(event.name, event.args)) if needs_arguments else {}
        values["event"] = event
        for name in wanted:
            values.setdefault(name, None)
        await _run(implementation, values, host)
        return None

    return call


async def _run(implementation: Implementation, values: dict[str, object], host: Host) -> object:
    result: object = await host.run(implementation, values)
    if isinstance(result, Coroutine):
        result.close()
        raise PluginError(
            f"{implementation.hook} returned a coroutine that was not awaited; write `async def` and await it"
        )
    return result
