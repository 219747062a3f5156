"""What a mail looks like when it arrives, whatever an event holds."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from smtp_kit import Arrived, Send, entry, serving
from webhook_kit import DELIVERY_ID

from cockpit_gateway import Event, Retry

HEADERS = ["From", "To", "Subject", "Message-ID", "Date", "Auto-Submitted", "MIME-Version"]
HEADERS += ["Content-Type", "Content-Transfer-Encoding"]


async def arrived(send: Send, *events: Event, **mail: Any) -> Arrived:
    """Send one mail, and return it as it arrived."""
    async with serving() as server:
        await send({"port": server.port}, *events, **mail)
    [found] = server.arrived
    return found


async def test_a_mail_arrives_as_it_was_written(send: Send) -> None:
    found = await arrived(send, entry("Grüße"))

    assert (found.sender, found.recipients) == ("cockpit@example.org", ["office@example.org"])
    message = found.message
    assert (message["From"], message["To"]) == ("Cockpit <cockpit@example.org>", "office@example.org")
    assert message["Subject"] == "Grüße"
    assert message["Message-ID"] == f"<{DELIVERY_ID}@example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert parsedate_to_datetime(message["Date"]).tzinfo is not None
    assert message.get_content_type() == "text/plain"
    assert message.get_content() == "It says: Grüße\n"
    assert found.content.isascii()


async def test_each_attempt_has_the_same_message_id(send: Send) -> None:
    async with serving() as server:
        for _ in range(2):
            await send({"port": server.port})

    assert len({found.message["Message-ID"] for found in server.arrived}) == 1


async def test_several_recipients_get_one_mail(send: Send) -> None:
    found = await arrived(send, to=["a@example.org", "The boss <b@example.org>"])

    assert found.recipients == ["a@example.org", "b@example.org"]
    assert found.message["To"] == "a@example.org, The boss <b@example.org>"


async def test_html_comes_beside_the_text_and_escapes_what_an_event_holds(send: Send) -> None:
    template = "<p>{{ entry.title }} {{ '<br>' | safe }}</p>"
    found = await arrived(send, entry("<script>alert('x')</script>"), html=template)

    text, html = found.message.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert text.get_content() == "It says: <script>alert('x')</script>\n"
    assert html.get_content() == "<p>&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; <br></p>\n"


@pytest.mark.parametrize(
    "between", ["\r\n", "\n", "\r", "\n\n", "\r\n\r\n", "\u2028", "\x85", "\x0b", "\0", "=?utf-8?q?=0D=0A?=\r\n "]
)
async def test_no_header_gets_in_by_the_subject(send: Send, between: str) -> None:
    found = await arrived(send, entry(f"Hello{between}Bcc: evil@example.org{between}<script>"))

    assert found.recipients == ["office@example.org"]
    assert found.message["Bcc"] is None
    assert "Bcc: evil@example.org" in found.message["Subject"]
    assert sorted(found.message.keys()) == sorted(HEADERS)


@pytest.mark.parametrize(
    "text", ["a\r\n.\r\nQUIT\r\nMAIL FROM:<x@y>", "\n.\n.", "..", "\0 \x1b", "x" * 5000, "a\n\n\nb"]
)
async def test_the_body_arrives_whole_whatever_it_holds(send: Send, text: str) -> None:
    found = await arrived(send, entry(text), subject="s", body="{{ entry.title }}")

    content = found.message.get_content()
    assert content.splitlines() == text.splitlines()
    assert max(map(len, found.content.splitlines())) <= 998


async def test_a_long_subject_is_cut(send: Send) -> None:
    found = await arrived(send, entry("ü" * 5000))

    assert found.message["Subject"] == "ü" * 199 + "…"


async def test_half_a_surrogate_pair_is_sent_as_a_question_mark(send: Send) -> None:
    found = await arrived(send, subject=r"a{{ '\ud800' }}b", body=r"c{{ '\ud800' }}d")

    assert (found.message["Subject"], found.message.get_content()) == ("a?b", "c?d\n")


async def test_a_burst_is_one_mail(send: Send) -> None:
    body = "{% for item in events %}{{ item.entry.title }};{% endfor %}"
    found = await arrived(send, entry("one"), entry("two"), body=body)

    assert (found.message["Subject"], found.message.get_content()) == ("two", "one;two;\n")


@pytest.mark.parametrize("field", ["subject", "body", "html"])
async def test_a_template_that_fails_is_tried_again(send: Send, field: str) -> None:
    async with serving() as server:
        with pytest.raises(Retry, match=r"the template failed: .*nothing"):
            await send({"port": server.port}, **{field: "{{ entry.nothing.x }}"})
    assert server.arrived == []
