"""What a channel's settings refuse, where, and with what words."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from cockpit_gateway import Rate
from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway_slack import ChatChannel, Config

CONTEXT = {"catalogue": Catalogue()}
LEAST = {
    "url": "https://hooks.slack.com/services/T0/B0/s3cret",
    "events": ["collections.save.after"],
    "template": "{{ entry.title }}",
}


def channel(**settings: Any) -> ChatChannel:
    return ChatChannel.model_validate(LEAST | settings, context=CONTEXT)


def test_least_channel() -> None:
    least = channel()

    assert (least.style, least.username, least.rate, least.active) == ("slack", None, Rate(1.0), True)


def test_no_channel_at_all_is_fine() -> None:
    assert Config.model_validate({}, context=CONTEXT).channels == {}


def test_nothing_shows_the_url() -> None:
    found = channel()

    assert "s3cret" not in f"{found!r} {found}"


@pytest.mark.parametrize(
    ("settings", "where", "what"),
    [
        ({"url": "ftp://s3cret"}, "url", "an endpoint's URL begins with http:// or https:// and names a host"),
        ({"url": "https://s3cret:x@host/"}, "url", "user and password do not belong there"),
        ({"url": "http://127.0.0.1/s3cret"}, "url", "127.0.0.1 is a loopback address, which needs allow_private"),
        ({"url": "http://169.254.169.254/s3cret"}, "url", "which is never allowed"),
        ({"style": "teams"}, "style", "Input should be 'slack', 'mattermost' or 'discord'"),
        ({"template": "{{ data }}"}, "template", "none of the events has an argument 'data'; there are: entry"),
        ({"template": "{{ entry"}, "template", "line 1: unexpected end of template"),
        ({"username": "Cockpit"}, "username", "username is for mattermost and discord"),
        ({"style": "discord", "username": ""}, "username", "at least 1 character"),
        ({"url": "http://chat.example.org/s3cret", "tls": {}}, "", "tls is for https:// only"),
        ({"colour": "red"}, "colour", "Extra inputs are not permitted"),
    ],
)
def test_mistakes_say_where_and_what(settings: dict[str, Any], where: str, what: str) -> None:
    with pytest.raises(ValidationError) as refused:
        channel(**settings)

    [error] = refused.value.errors()
    assert ".".join(map(str, error["loc"])) == where
    assert what in error["msg"]
    assert "s3cret" not in f"{refused.value} {error['msg']}"


@pytest.mark.parametrize("missing", sorted(LEAST))
def test_what_is_needed(missing: str) -> None:
    with pytest.raises(ValidationError, match="Field required"):
        ChatChannel.model_validate({key: value for key, value in LEAST.items() if key != missing}, context=CONTEXT)
