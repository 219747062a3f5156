"""The contract between Cockpit Gateway and its plugins: one typed function per hook.

A plugin implements any of these with `@cockpit_gateway.hookimpl`, under the same name, taking only the
parameters it wants, by name; parameters added later never break it.
"""

from __future__ import annotations

from collections.abc import Sequence

from cockpit_gateway.contract import cockpit_event, hookspec
from cockpit_gateway.deliveries import Delivery, Response
from cockpit_gateway.events import Event, JSONArray, JSONObject, JSONValue
from cockpit_gateway.plugin import PluginContext
from cockpit_gateway.targets import Planned, Target

# Cockpit's events: collections


@cockpit_event("collections.save.after", per_name=True, subjects=("collections/{name}/{entry._id}",))
def collections_save_after(
    name: str | None, entry: JSONObject | None, is_update: bool | None, event: Event, context: PluginContext
) -> None:
    """An entry was stored."""


# Every event


@hookspec
def any_event(event: Event, context: PluginContext) -> None:
    """Any event arrived: also those that have a hook of their own, unknown ones, and undecodable ones.

    A handler: at least once, retried until it returns.

    Args:
        event: The event; `event.name` is "" when the body could not be decoded.
        context: The plugin's context.

    Example:
        >>> @hookimpl
        ... def any_event(event, context):
        ...     context.log.info("seen", name=event.name)
    """


@hookspec
def unknown_event(event: Event, context: PluginContext) -> None:
    """An event arrived whose name no hookspec covers: an add-on's, or one of a newer Cockpit.

    A handler: at least once, retried until it returns.

    Args:
        event: The event.
        context: The plugin's context.

    Example:
        >>> @hookimpl
        ... def unknown_event(event, context):
        ...     context.log.warning("no hook for it", name=event.name)
    """


# The gateway's own hooks


@hookspec
def gateway_started(context: PluginContext) -> None:
    """The gateway has opened its store and is about to accept events; open what the plugin needs.

    `def` or `async def`. An exception marks the plugin as broken; the gateway does not start with one.

    Args:
        context: The plugin's context.

    Example:
        >>> @hookimpl
        ... async def gateway_started(context):
        ...     context.log.info("ready")
    """


@hookspec
def gateway_stopping(context: PluginContext) -> None:
    """No attempt runs any more and the store is about to close; close what the plugin opened.

    `def` or `async def`. An exception is logged and does not hold up the exit.

    Args:
        context: The plugin's context.

    Example:
        >>> @hookimpl
        ... async def gateway_stopping(context):
        ...     context.log.info("bye")
    """


@hookspec
def filter_event(event: Event, context: PluginContext) -> Event | None:
    """Change or drop an event before it is stored; called for each event that is not ignored, one plugin after another.

    `def` only: it runs on the event loop between receipt and commit, so it has to be quick. An exception withholds
    the event's arguments (nothing unfiltered is stored) and keeps the event.

    Args:
        event: The event as the plugin before left it.
        context: The plugin's context.

    Returns:
        The changed event (`event.with_args(…)`), or None to leave it as it is.

    Raises:
        cockpit_gateway.Drop: to drop the event; a tombstone with the reason remains.

    Example:
        >>> @hookimpl
        ... def filter_event(event, context):
        ...     if event.collection == "drafts":
        ...         raise Drop("drafts are nobody's business")
    """


@hookspec
def register_targets(context: PluginContext) -> Sequence[Target]:
    """Name the targets that this plugin delivers to, with the rules that the gateway keeps for each.

    `def` only; called at start, before the first event.

    Args:
        context: The plugin's context.

    Returns:
        The targets; names are unique within the plugin.

    Example:
        >>> @hookimpl
        ... def register_targets(context):
        ...     return [Target("broker", timeout=5.0, concurrency=1)]
    """
    return []


@hookspec
def plan_deliveries(event: Event, context: PluginContext) -> Sequence[Planned]:
    """Say which of the plugin's targets get this event.

    `def` only, and pure: it runs on the event loop between receipt and commit, and again if it failed or was late
    (then in the plugin's threads, as a delivery of its own).

    Args:
        event: The event as it will be stored.
        context: The plugin's context.

    Returns:
        One item per delivery; empty for none.

    Example:
        >>> @hookimpl
        ... def plan_deliveries(event, context):
        ...     return [Planned("broker")] if event.collection else []
    """
    return []


@hookspec
def deliver(delivery: Delivery, event: Event, context: PluginContext) -> Response | None:
    """Make one attempt of a delivery that this plugin planned.

    `def` (in the plugin's threads) or `async def` (on the loop), within the target's time budget. Returning means
    delivered; any exception but `Reject` is retried on the target's schedule.

    Args:
        delivery: The delivery; `delivery.id` is the same on every attempt.
        event: The stored event.
        context: The plugin's context.

    Returns:
        What the target answered, to be kept with the attempt; None if there is nothing to keep.

    Raises:
        cockpit_gateway.Retry: to try again, after a delay of its own if it names one.
        cockpit_gateway.Reject: to give the delivery up.

    Example:
        >>> @hookimpl
        ... async def deliver(delivery, event, context):
        ...     context.log.info("sent", target=delivery.target, body=len(event.body))
    """
