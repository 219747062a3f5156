"""What is posted to a chat, and what its answers lead to: real requests, real answers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from webhook_kit import DELIVERY_ID, raw_server, saved

from cockpit_gateway import Delivery, DeliveryState, Event, Reject, Response, Retry
from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.egress.channel import Channels
from cockpit_gateway.events import encode_json
from cockpit_gateway.testing import Answer, FakeClock, Receiver, make_context
from cockpit_gateway_slack import SlackPlugin

SECRET = "/services/T0001/B0002/s3cr3tT0k3n"
Post = Callable[..., Awaitable[Response]]
"""Posts the message of an event to a channel with these settings."""


def entry(title: str) -> Event:
    """Return the event of a saved entry."""
    return saved(encode_json({"event": "collections.save.after", "args": ["posts", {"title": title}, False]}))


@pytest.fixture
async def post(receiver: Receiver) -> AsyncIterator[Post]:
    channels = Channels()

    async def post(*events: Event, **settings: Any) -> Response:
        least = {"url": receiver.url + SECRET, "events": ["collections.*"], "allow_private": True}
        least["template"] = "{{ entry.title }}"
        plugin, catalogue = SlackPlugin(), Catalogue()
        config = plugin.Config.model_validate({"channels": {"it": least | settings}}, context={"catalogue": catalogue})
        context = make_context("slack", config, clock=FakeClock(), catalogue=catalogue, channels=channels)
        plugin.register_targets(context)
        await plugin.gateway_started(context)
        delivery = Delivery(DELIVERY_ID, "e", 1, "slack", "it", None, DeliveryState.RUNNING, 0, 0.0, 0.0)
        return await plugin.deliver(delivery, events or [entry("Hello")])

    yield post
    await channels.close()


def sent(receiver: Receiver) -> Any:
    """Return the payload of the only request."""
    [arrived] = receiver.requests
    assert (arrived.method, arrived.path) == ("POST", SECRET)
    assert arrived.headers.get("Content-Type") == "application/json; charset=utf-8"
    return json.loads(arrived.body)


@pytest.mark.parametrize(
    ("settings", "payload"),
    [
        ({}, {"text": "Hello"}),
        ({"style": "mattermost"}, {"text": "Hello"}),
        ({"style": "mattermost", "username": "Cockpit"}, {"text": "Hello", "username": "Cockpit"}),
        ({"style": "discord"}, {"content": "Hello", "allowed_mentions": {"parse": []}}),
        (
            {"style": "discord", "username": "Cockpit"},
            {"content": "Hello", "username": "Cockpit", "allowed_mentions": {"parse": []}},
        ),
    ],
)
async def test_each_chat_gets_its_payload(
    receiver: Receiver, post: Post, settings: dict[str, Any], payload: dict[str, Any]
) -> None:
    response = await post(**settings)

    assert sent(receiver) == payload
    assert (response.status, response.body) == (200, b"ok")


@pytest.mark.parametrize(
    ("style", "title", "text"),
    [
        (
            "slack",
            "<!channel> R&D <https://evil.example|click>",
            "&lt;!channel&gt; R&amp;D &lt;https://evil.example|click&gt;",
        ),
        ("slack", "&lt;!channel&gt;", "&amp;lt;!channel&amp;gt;"),
        ("mattermost", "@all", "@\u200ball"),
        ("mattermost", "[click](https://evil.example)", r"\[click\]\(https://evil.example\)"),
        ("mattermost", "**`# big`** ~a~ |b| _c_ \\*", r"\*\*\`\# big\`\*\* \~a\~ \|b\| \_c\_ \\\*"),
        ("discord", "@everyone <@123>", "@\u200beveryone \\<@\u200b123\\>"),
    ],
)
async def test_an_events_text_is_neither_markup_nor_a_mention(
    receiver: Receiver, post: Post, style: str, title: str, text: str
) -> None:
    await post(entry(title), style=style, template="*{{ entry.title }}*")

    payload = sent(receiver)
    assert payload.get("text", payload.get("content")) == f"*{text}*"


@pytest.mark.parametrize(
    "template",
    [
        "{{ entry.title | upper | lower }}",
        "{{ entry.title ~ '' }}",
        "{{ ('' | safe) ~ entry.title }}",
        "{{ '%s' | format(entry.title) }}",
        "{{ [entry.title] | join }}",
        "{% for item in events %}{{ item.entry.title }}{% endfor %}",
        "{% set title = entry.title %}{{ title }}",
    ],
)
async def test_no_way_through_a_template_leaves_text_as_it_is(receiver: Receiver, post: Post, template: str) -> None:
    await post(entry("<!here>"), template=template)

    assert sent(receiver) == {"text": "&lt;!here&gt;"}


async def test_the_templates_own_text_and_what_is_safe_stay_as_they_are(receiver: Receiver, post: Post) -> None:
    await post(entry("<https://example.org|x>"), template="<!here> {{ entry.title | safe }}")

    assert sent(receiver) == {"text": "<!here> <https://example.org|x>"}


@pytest.mark.parametrize(("style", "longest"), [("slack", 40_000), ("mattermost", 16_383), ("discord", 2_000)])
async def test_a_message_that_is_too_long_is_cut(receiver: Receiver, post: Post, style: str, longest: int) -> None:
    await post(entry("x" * 50_000), style=style)

    payload = sent(receiver)
    assert payload.get("text", payload.get("content")) == "x" * (longest - 1) + "…"


@pytest.mark.parametrize("before", range(5))
async def test_no_half_of_an_escaped_character_is_left_by_the_cut(receiver: Receiver, post: Post, before: int) -> None:
    await post(entry("x" * (39_995 + before) + "&" * 9))

    text = sent(receiver)["text"].removesuffix("…")
    assert len(text) < 40_000
    assert text.replace("&amp;", "").strip("x") == ""


async def test_a_message_as_long_as_allowed_is_not_cut(receiver: Receiver, post: Post) -> None:
    await post(entry("x" * 2_000), style="discord")

    assert sent(receiver)["content"] == "x" * 2_000


async def test_half_a_surrogate_pair_is_sent_as_a_question_mark(receiver: Receiver, post: Post) -> None:
    await post(template=r"a{{ '\ud800' }}b")

    assert sent(receiver) == {"text": "a?b"}


async def test_a_burst_is_one_message(receiver: Receiver, post: Post) -> None:
    template = "{% for item in events %}{{ item.entry.title }};{% endfor %} the last is {{ entry.title }}"
    await post(entry("one"), entry("two"), template=template)

    assert sent(receiver) == {"text": "one;two; the last is two"}


async def test_a_template_that_fails_is_tried_again(post: Post, receiver: Receiver) -> None:
    with pytest.raises(Retry, match=r"the template failed: .*nothing"):
        await post(template="{{ entry.nothing.x }}")
    assert receiver.requests == []


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (400, b"invalid_payload", "HTTP 400 Bad Request: invalid_payload"),
        (401, b'{"message": "Invalid Webhook Token", "code": 50027}', "HTTP 401 Unauthorized: Invalid Webhook Token"),
        (403, b"action_prohibited", "HTTP 403 Forbidden: action_prohibited"),
        (404, b"no_service", "HTTP 404 Not Found: no_service"),
        (404, b'{"message": "Unknown\\n Webhook"}', "HTTP 404 Not Found: Unknown Webhook"),
        (404, b"<html>not here", "HTTP 404 Not Found"),
        (410, b"channel_is_archived", "HTTP 410 Gone: channel_is_archived"),
        (413, b"[1]", "HTTP 413 Request Entity Too Large"),
    ],
)
async def test_what_will_never_succeed_is_given_up(
    receiver: Receiver, post: Post, status: int, body: bytes, reason: str
) -> None:
    receiver.usual = Answer(status, body=body)
    with pytest.raises(Reject) as refused:
        await post()

    assert refused.value.reason.replace("Content Too Large", "Request Entity Too Large") == reason
    assert refused.value.disable_target is (status == 410)
    assert refused.value.response is not None
    assert (refused.value.response.status, refused.value.response.body) == (status, body)


@pytest.mark.parametrize(
    ("status", "headers", "body", "after"),
    [
        (429, {"Retry-After": "30"}, b"rate_limited", 30.0),
        (429, {}, b'{"message": "slow", "retry_after": 0.65}', 0.65),
        (429, {"Retry-After": "1"}, b'{"message": "slow", "retry_after": 1.25}', 1.25),
        (429, {"Retry-After": "2"}, b'{"retry_after": "soon"}', 2.0),
        (429, {}, b'{"retry_after": -1}', None),
        (429, {}, b'{"retry_after": 1e999}', None),
        (429, {}, b"[" * 500, None),
        (503, {"Retry-After": "7"}, b"", 7.0),
        (500, {"Retry-After": "7"}, b"rollup_error", None),
        (408, {}, b"", None),
        (302, {}, b"", None),
    ],
)
async def test_the_rest_is_tried_again_when_it_is_asked_for(
    receiver: Receiver, post: Post, status: int, headers: dict[str, str], body: bytes, after: float | None
) -> None:
    receiver.usual = Answer(status, headers, body)
    with pytest.raises(Retry) as failed:
        await post()

    assert failed.value.after == after
    assert failed.value.reason.startswith(f"HTTP {status}")
    assert ("redirects are not followed" in failed.value.reason) is (status == 302)


@pytest.mark.parametrize("status", [200, 301, 404, 500])
async def test_an_answer_that_repeats_the_url_is_kept_without_it(receiver: Receiver, post: Post, status: int) -> None:
    receiver.usual = Answer(
        status,
        {"Location": f"https://chat.example.org{SECRET}?wait=s3cr3tQuery"},
        b"x" * 500 + f"see {SECRET} and {SECRET}?wait=s3cr3tQuery".encode(),
    )
    url = f"{receiver.url}{SECRET}?wait=s3cr3tQuery"
    if status == 200:
        response = await post(url=url)
    else:
        with pytest.raises((Retry, Reject)) as raised:
            await post(url=url)
        assert "s3cr3t" not in raised.value.reason
        response = raised.value.response

    assert response is not None
    assert dict(response.headers)["Location"] == "https://chat.example.org***"
    assert "s3cr3t" not in str(response)
    assert (len(response.body), response.truncated) == (512, True)


async def test_a_json_message_that_repeats_the_url_is_a_reason_without_it(receiver: Receiver, post: Post) -> None:
    receiver.usual = Answer(404, body=encode_json({"message": f"no hook at {SECRET}"}))
    with pytest.raises(Reject) as refused:
        await post()

    assert refused.value.reason == "HTTP 404 Not Found: no hook at ***"


async def test_a_connection_that_is_refused_says_so_without_the_url(post: Post) -> None:
    with pytest.raises(Retry) as failed:
        await post(url=f"http://127.0.0.1:1{SECRET}")

    assert failed.value.reason == "connection refused"


async def test_what_is_no_http_is_tried_again(post: Post) -> None:
    async def serve(_reader: Any, writer: Any) -> None:
        writer.write(b"nonsense\r\n\r\n")

    async with raw_server(serve) as server:
        with pytest.raises(Retry, match="not a valid HTTP answer"):
            await post(url=server.url + SECRET)


async def test_a_private_address_needs_to_be_allowed(receiver: Receiver, post: Post) -> None:
    local = receiver.url.replace("127.0.0.1", "localhost") + SECRET
    with pytest.raises(Retry, match="a loopback address, which needs allow_private"):
        await post(url=local, allow_private=False)
    assert receiver.requests == []
