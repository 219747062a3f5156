"""One attempt: a message, written and posted."""

from __future__ import annotations

import time
from collections.abc import Sequence

import aiohttp
from yarl import URL

from cockpit_gateway import Event, PluginContext, Response, Retry, __version__
from cockpit_gateway.egress.channel import Channel
from cockpit_gateway.events import encode_json
from cockpit_gateway.transports import ANSWER_PATIENCE, explain, read_answer, render
from cockpit_gateway_slack.answers import settle, without
from cockpit_gateway_slack.settings import ChatChannel
from cockpit_gateway_slack.styles import STYLES, payload

HEADERS = {
    "Accept-Encoding": "identity",
    "User-Agent": f"cockpit-gateway/{__version__}",
    "Content-Type": "application/json; charset=utf-8",
}


class Poster:
    """Makes the attempts of one channel.

    Args:
        settings: The channel's.
        context: The plugin's.
    """

    def __init__(self, settings: ChatChannel, context: PluginContext) -> None:
        self._context = context
        self._template = settings.message
        self._style = STYLES[settings.style]
        self._username = settings.username
        self._timeout = settings.timeout
        self._url = URL(settings.url.get_secret_value())
        secrets = {self._url.raw_path_qs, self._url.raw_path, self._url.raw_query_string} - {"", "/"}
        self._secrets = sorted(secrets, key=len, reverse=True)

    async def post(self, channel: Channel, events: Sequence[Event]) -> Response:
        """Post the message of an event, or of those of a burst.

        Args:
            channel: What the request goes through.
            events: Oldest first.

        Returns:
            The answer, if it means "posted".

        Raises:
            Retry: No answer, or one that means "not now".
            Reject: The message, or the webhook, is refused for good.
        """
        began = time.monotonic()
        text = render(self._template, events, self._context.catalogue)
        body = encode_json(payload(self._style, text, self._username))
        try:
            async with channel.request("POST", self._url, data=body, headers=HEADERS) as answer:
                # The status has decided, and must not be lost to the time budget.
                left = 0.9 * self._timeout - (time.monotonic() - began)
                response = await read_answer(answer, max(0.0, min(ANSWER_PATIENCE, left)))
        except (aiohttp.ClientError, OSError) as error:
            raise Retry(explain(error)) from error
        return settle(without(self._secrets, response), self._context.clock.time())
