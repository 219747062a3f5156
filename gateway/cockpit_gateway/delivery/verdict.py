"""From the end of an attempt to the delivery's next state."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cockpit_gateway.deliveries import Attempt, Cause, DeliveryState, Outcome, Response, Work
from cockpit_gateway.delivery.causes import cause_of
from cockpit_gateway.errors import Drop, Reject, Retry
from cockpit_gateway.store.records import Settlement
from cockpit_gateway.targets import Target

LONGEST_REASON = 500


class Verdict(NamedTuple):
    """How an attempt ended.

    Attributes:
        outcome: Delivered, retry or rejected.
        reason: One line, None when delivered.
        response: What the target answered.
        after: Seconds asked for before the next attempt.
        disable_target: True if the target asked never to be called again.
        cause: Why it failed, None when delivered.
    """

    outcome: Outcome
    reason: str | None = None
    response: Response | None = None
    after: float | None = None
    disable_target: bool = False
    cause: Cause | None = None


def judge(error: BaseException, overrun: float | None = None, hide: Callable[[str], str] = str) -> Verdict:
    """Return the verdict on an attempt that raised.

    Args:
        error: What it raised.
        overrun: The time budget in seconds if that is why it was stopped.
        hide: Takes secrets out of what it says.
    """
    if overrun is not None:
        return Verdict(Outcome.RETRY, f"not finished within {overrun:g} s", cause=Cause.TIMEOUT)
    verdict = _verdict_on(error, hide)
    return verdict._replace(cause=cause_of(error, verdict.response))


def _verdict_on(error: BaseException, hide: Callable[[str], str]) -> Verdict:
    if isinstance(error, Reject):
        reason = _one_line(error.reason or "rejected", hide)
        return Verdict(Outcome.REJECTED, reason, sound(error.response), disable_target=bool(error.disable_target))
    if isinstance(error, Drop):
        said = _one_line(f"Drop is for filters, where Reject is meant here: {error.reason}", hide)
        return Verdict(Outcome.REJECTED, said)
    if isinstance(error, Retry):
        reason = _one_line(error.reason or "asked to retry", hide)
        return Verdict(Outcome.RETRY, reason, sound(error.response), error.after)
    return Verdict(Outcome.RETRY, _one_line(f"{type(error).__name__}: {_said(error)}".removesuffix(": "), hide))


def settlement(work: Work, verdict: Verdict, target: Target, *, started_at: float, duration: float) -> Settlement:
    """Return what is to be written: the attempt's row, and where the delivery goes from here.

    Args:
        work: What was attempted.
        verdict: How it ended.
        target: The rules of its target.
        started_at: Seconds since the Unix epoch.
        duration: Seconds.
    """
    delivery = work.delivery
    number = delivery.attempts + 1
    ended_at = started_at + duration
    attempt = Attempt(number, started_at, duration, verdict.outcome, verdict.reason, verdict.response)
    if verdict.outcome is Outcome.DELIVERED:
        return Settlement(delivery, attempt, DeliveryState.DELIVERED, ended_at, None)
    if verdict.outcome is Outcome.REJECTED:
        return Settlement(delivery, attempt, DeliveryState.DEAD, ended_at, verdict.reason)
    asked = None if verdict.after is None else min(max(0.0, verdict.after), target.longest_retry_after)
    delay = target.schedule.next_delay(number - delivery.fresh_from, age=ended_at - delivery.fresh_at, asked=asked)
    if delay is None:
        reason = f"gave up after {number} attempts: {verdict.reason}"
        return Settlement(delivery, attempt, DeliveryState.DEAD, ended_at, reason)
    return Settlement(delivery, attempt, DeliveryState.PENDING, ended_at + delay, verdict.reason)


def sound(response: object) -> Response | None:
    """Return a response as the store takes it; None for what is none: it must not cost the outcome."""
    if not isinstance(response, Response):
        return None
    try:
        headers = tuple([(_printable(name), _printable(value)) for name, value in response.headers])
        status = None if response.status is None else int(response.status)
        return Response(status, headers, bytes(response.body), bool(response.truncated))
    except (TypeError, ValueError):
        return None


def _one_line(text: object, hide: Callable[[str], str]) -> str:
    line = " ".join(_printable(hide(_said(text))).split())
    return line if len(line) <= LONGEST_REASON else line[: LONGEST_REASON - 1] + "…"


def _said(value: object) -> str:
    """Return something as text, even if it cannot say it."""
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - it is a plugin's
        return type(value).__name__


def _printable(text: str) -> str:
    """Replace lone surrogates, which no store takes."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
