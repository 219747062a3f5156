"""What an answer means: delivered, try again (when), or never again."""

from __future__ import annotations

from http import HTTPStatus

from cockpit_gateway import Reject, Response, Retry
from cockpit_gateway.transports import in_words, retry_after


def settle(response: Response, now: float) -> Response:
    """Return an answer that means "delivered", raise for any other (Standard Webhooks 1.0.0, "Responses").

    Args:
        response: The answer.
        now: Seconds since the Unix epoch, for a `Retry-After` that names a date.

    Raises:
        Retry: The attempt failed: every answer but the two below, redirects included.
        Reject: 410: the receiver wants no more.
    """
    status = response.status or 0
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return response
    reason = in_words(status)
    if status == HTTPStatus.GONE:
        raise Reject(reason, response=response, disable_target=True)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        reason += ": redirects are not followed, set the endpoint's url to where this one leads"
    obeyed = status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
    raise Retry(reason, after=retry_after(response, now) if obeyed else None, response=response)
