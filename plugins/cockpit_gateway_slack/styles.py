"""What Slack, Mattermost and Discord want differently: how text is escaped, how long it may be, how it is wrapped.

What an event holds was typed by somebody: it must neither become markup nor call everybody in the channel.

- Slack: only `&`, `<` and `>` are control characters; mentions and links need them
  (https://docs.slack.dev/messaging/formatting-message-text/, "Escaping text"). It has no way to escape `*bold*` and
  its like, so these stay. It cuts after 40,000 characters
  (https://api.slack.com/changelog/2018-04-truncating-really-long-messages).
- Mattermost: Markdown, in which a backslash takes the meaning of a character
  (https://docs.mattermost.com/end-user-guide/collaborate/format-messages.html); up to 16,383 characters, and
  `username` if the server lets webhooks choose one (https://developers.mattermost.com/integrate/webhooks/incoming/).
- Discord: Markdown too; up to 2,000 characters, `allowed_mentions` with an empty `parse` calls nobody
  (https://discord.com/developers/docs/resources/webhook#execute-webhook,
  https://discord.com/developers/docs/resources/message#allowed-mentions-object).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, TypeAlias

from cockpit_gateway.events import JSONObject

StyleName: TypeAlias = Literal["slack", "mattermost", "discord"]

ELLIPSIS = "…"

_MARKDOWN = re.compile(r"[\\`*_~|\[\]()<>#]")
_HALF_AN_ENTITY = re.compile(r"&[a-z]{0,3}\Z")
_NOTHING = "\u200b"
"""A space without width: after it, an "@" begins no mention."""


class Style(NamedTuple):
    """How messages are written for one kind of chat.

    Attributes:
        escape: Makes text of an event harmless.
        longest: Characters of a message.
        field: The payload's field that holds the text.
        rest: What else a payload holds.
    """

    escape: Callable[[str], str]
    longest: int
    field: str
    rest: JSONObject


def escape_slack(text: str) -> str:
    """Return text that Slack shows as it is, apart from emphasis.

    Example:
        >>> escape_slack("<!channel> R&D")
        '&lt;!channel&gt; R&amp;D'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escape_markdown(text: str) -> str:
    """Return text that Mattermost and Discord show as it is; an "@" in it mentions nobody.

    Example:
        >>> escape_markdown("*[x](y)*").replace(chr(92), "|")
        '|*|[x|]|(y|)|*'
    """
    return _MARKDOWN.sub(r"\\\g<0>", text).replace("@", f"@{_NOTHING}")


STYLES: Mapping[StyleName, Style] = {
    "slack": Style(escape_slack, 40_000, "text", {}),
    "mattermost": Style(escape_markdown, 16_383, "text", {}),
    "discord": Style(escape_markdown, 2_000, "content", {"allowed_mentions": {"parse": []}}),
}


def payload(style: Style, text: str, username: str | None) -> JSONObject:
    """Return what is posted, its text cut to what the chat takes.

    Args:
        style: The chat's.
        text: The message.
        username: As whom; None leaves it to the webhook.

    Example:
        >>> payload(STYLES["discord"], "saved", None)
        {'content': 'saved', 'allowed_mentions': {'parse': []}}
    """
    named: JSONObject = {} if username is None else {"username": username}
    return {style.field: _cut(text, style.longest), **named, **style.rest}


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else _HALF_AN_ENTITY.sub("", text[: longest - len(ELLIPSIS)]) + ELLIPSIS
