"""What an attempt calls: a plugin's `deliver`, an event handler, or a planner that was late."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import TypeAlias

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.deliveries import Response, Work
from cockpit_gateway.errors import PluginError
from cockpit_gateway.plugin import PluginContext
from cockpit_gateway.registry import Implementation
from cockpit_gateway.threads import WorkerThreads

Call: TypeAlias = Callable[[Work], Awaitable[Response | None]]


def deliver_call(implementation: Implementation, context: PluginContext, threads: WorkerThreads) -> Call:
    """Return the call of a plugin's `deliver`; what it returns is kept if it is a `Response`."""

    async def call(work: Work) -> Response | None:
        values: dict[str, object] = {
            "delivery": work.delivery,
            "event": work.event,
            "events": work.batch or (work.event,),
            "context": context,
        }
        answer = await _run(implementation, values, threads)
        if answer is not None and not isinstance(answer, Response):
            raise PluginError(
                f"deliver returns a Response or None, not {answer!r:.80}; what failed raises Retry or Reject"
            )
        return answer

    return call


def handler_call(
    implementation: Implementation, context: PluginContext, threads: WorkerThreads, catalogue: Catalogue
) -> Call:
    """Return the call of an event handler, with Cockpit's arguments bound to the parameters it takes."""
    wanted = implementation.parameters
    needs_arguments = not {"event", "context"}.issuperset(wanted)

    async def call(work: Work) -> Response | None:
        event = work.event
        values: dict[str, object] = dict(catalogue.bind(event.name, event.args)) if needs_arguments else {}
        values["event"] = event
        values["context"] = context
        for name in wanted:
            values.setdefault(name, None)
        await _run(implementation, values, threads)
        return None

    return call


async def _run(implementation: Implementation, values: dict[str, object], threads: WorkerThreads) -> object:
    if implementation.is_async:
        result: object = await implementation.call(values)
    else:
        result = await threads.run(lambda: implementation.call(values))
    if isinstance(result, Coroutine):
        result.close()
        raise PluginError(
            f"{implementation.hook} returned a coroutine that was not awaited; write `async def` and await it"
        )
    return result
