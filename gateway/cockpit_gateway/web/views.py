"""What the API shows of events, deliveries, attempts and targets: JSON objects with ISO 8601 times."""

from __future__ import annotations

import math
from dataclasses import asdict
from datetime import UTC, datetime

from aiohttp import web

from cockpit_gateway.administration import TargetReport
from cockpit_gateway.deliveries import Attempt, Delivery, Response
from cockpit_gateway.events import Event, JSONValue, encode_json
from cockpit_gateway.registry import LoadedPlugin

View = dict[str, JSONValue]


def json_response(document: View) -> web.Response:
    """Return a document as a response."""
    return web.Response(body=encode_json(document), content_type="application/json")


def iso(seconds: float | None) -> str | None:
    """Return seconds since the Unix epoch as ISO 8601 in UTC, to the millisecond.

    Example:
        >>> iso(0.5)
        '1970-01-01T00:00:00.500Z'
    """
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def event_view(event: Event) -> View:
    """Return an event as a list shows it: without arguments."""
    return {
        "id": event.id,
        "seq": event.seq,
        "name": event.name,
        "source": event.source,
        "label": event.label,
        "hook": event.hook,
        "backend": event.backend,
        "subjects": list(event.subjects),
        "status": event.status.value,
        "problem": event.problem,
        "received_at": iso(event.received_at),
        "bytes": len(event.body),
    }


def event_page(event: Event, deliveries: list[View]) -> View:
    """Return an event with its arguments, its body if that could not be decoded, and its deliveries."""
    view = event_view(event) | {"args": event.args, "deliveries": deliveries}
    if not event.name:
        view["body"] = event.body.decode("utf-8", "replace")
    return view


def delivery_view(delivery: Delivery, held: str | None) -> View:
    """Return a delivery as a list shows it.

    Args:
        delivery: The delivery.
        held: Why it is passed by although pending, None if it is not.
    """
    return {
        "id": delivery.id,
        "event": delivery.event_id,
        "seq": delivery.seq,
        "plugin": delivery.plugin,
        "target": delivery.target,
        "key": delivery.key,
        "state": delivery.state.value,
        "held": held,
        "attempts": delivery.attempts,
        "due_at": iso(delivery.due_at),
        "created_at": iso(delivery.created_at),
        "ended_at": iso(delivery.ended_at),
        "reason": delivery.reason,
        "superseded_by": delivery.superseded_by,
    }


def attempt_view(attempt: Attempt) -> View:
    """Return an attempt with what the target answered."""
    return {
        "number": attempt.number,
        "started_at": iso(attempt.started_at),
        "seconds": round(attempt.duration, 6),
        "outcome": attempt.outcome.value,
        "reason": attempt.reason,
        "response": None if attempt.response is None else _response_view(attempt.response),
    }


def target_view(report: TargetReport) -> View:
    """Return a target as a list shows it."""
    return {
        "plugin": report.target_id.plugin,
        "target": report.target_id.target,
        "state": report.state,
        "reason": report.reason,
        "since": iso(report.changed_at),
        "pending": report.pending,
        "oldest_at": iso(report.oldest_at),
    }


def target_page(report: TargetReport) -> View:
    """Return a target with the rules that the gateway keeps for it."""
    target = report.target
    if target is None:
        return target_view(report) | {"rules": None}
    rules: View = {
        "timeout": target.timeout,
        "concurrency": target.concurrency,
        "retry": list(target.schedule.delays),
        "rate_per_second": None if target.rate is None else target.rate.per_second,
        "ordered": target.ordered,
        "coalesce": None if target.coalesce is None else asdict(target.coalesce),
        "breaker": None if target.breaker is None else asdict(target.breaker),
        "backlog": asdict(target.backlog),
        "disable_after": None if math.isinf(target.patience) else target.patience,
    }
    return target_view(report) | {"rules": rules}


def plugin_view(plugin: LoadedPlugin, status: str) -> View:
    """Return a plugin, a broken one with its problem, and where it comes from.

    Args:
        plugin: The plugin.
        status: "loaded", "broken", "disabled" or "stuck".
    """
    return {
        "name": plugin.name,
        "version": plugin.version,
        "distribution": plugin.distribution,
        "place": plugin.place,
        "status": status,
        "hooks": list(plugin.hooks),
        "problem": plugin.problem,
        "warnings": list(plugin.warnings),
    }


def _response_view(response: Response) -> View:
    return {
        "status": response.status,
        "headers": [list(header) for header in response.headers],
        "body": response.body.decode("utf-8", "replace"),
        "truncated": response.truncated,
    }
