"""What an answer means: posted, try again (when), or never.

- Slack says what is wrong in a word: 400 invalid_payload, 403 action_prohibited, 404 channel_not_found, 410
  channel_is_archived (https://api.slack.com/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks), and 404
  no_service of a webhook that was taken away; when it is 429, the header Retry-After has seconds
  (https://docs.slack.dev/apis/web-api/rate-limits/).
- Discord and Mattermost say it in JSON, in `message`; Discord adds `retry_after`, in seconds with fractions
  (https://discord.com/developers/docs/topics/rate-limits).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from http import HTTPStatus

from cockpit_gateway import Reject, Response, Retry
from cockpit_gateway.events import JSONObject
from cockpit_gateway.transports import in_words, retry_after

HOPELESS = frozenset({400, 401, 403, 404, 410, 413})
"""Statuses that another attempt would get as well: of a refused message, or a webhook that was taken away."""

KEPT_BODY = 512
"""Bytes of an answer's body that are kept: the chats say little."""

LONGEST_DETAIL = 100

_WORD = re.compile(r"[a-z][a-z_]{1,60}")


def settle(response: Response, now: float) -> Response:
    """Return an answer that means "posted", raise for any other.

    Args:
        response: The answer, without the webhook's secret.
        now: Seconds since the Unix epoch.

    Raises:
        Retry: Not now: too many messages, a failing server, a redirect.
        Reject: Never; after 410 the channel is disabled, because it is no more.
    """
    status = response.status or 0
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return response
    said = _json(response.body)
    reason = _reason(status, response.body, said)
    if status in HOPELESS:
        raise Reject(reason, response=response, disable_target=status == HTTPStatus.GONE)
    raise _retry(reason, status, response, [retry_after(response, now), _seconds(said)])


def without(secrets: Iterable[str], response: Response) -> Response:
    """Return an answer without the secret parts of a URL, which redirects and pages about errors repeat.

    Args:
        secrets: The URL's path and query.
        response: The answer.
    """
    headers, body = response.headers, response.body
    for secret in secrets:
        headers = tuple((name, value.replace(secret, "***")) for name, value in headers)
        body = body.replace(secret.encode(), b"***")
    kept = body[:KEPT_BODY]
    return Response(response.status, headers, kept, truncated=response.truncated or len(kept) < len(body))


def _retry(reason: str, status: int, response: Response, asked: list[float | None]) -> Retry:
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        reason += ": redirects are not followed, set the channel's url to where this one leads"
    obeyed = status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
    after = max((seconds for seconds in asked if seconds is not None), default=None)
    return Retry(reason, after=after if obeyed else None, response=response)


def _reason(status: int, body: bytes, said: JSONObject) -> str:
    text = body.decode(errors="replace").strip()
    message = said.get("message")
    detail = message if isinstance(message, str) else text if _WORD.fullmatch(text) else ""
    words = " ".join(detail.split())[:LONGEST_DETAIL]
    return f"{in_words(status)}: {words}" if words else in_words(status)


def _seconds(said: JSONObject) -> float | None:
    seconds = said.get("retry_after")
    return float(seconds) if isinstance(seconds, int | float) and 0 <= seconds < float("inf") else None


def _json(body: bytes) -> JSONObject:
    """Return the JSON object that a body is; an empty one if it is none."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
