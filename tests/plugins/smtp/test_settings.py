"""What the settings of mail refuse, where, and with what words."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from smtp_kit import MAIL

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway_smtp import Config, MailServer

CONTEXT = {"catalogue": Catalogue()}


def server(**settings: Any) -> MailServer:
    return MailServer.model_validate({"host": "mail.example.org"} | settings, context=CONTEXT)


def mistakes(section: dict[str, Any]) -> list[tuple[str, str]]:
    """Return where and what is wrong with a section."""
    with pytest.raises(ValidationError) as refused:
        Config.model_validate(section, context=CONTEXT)
    assert "s3cret" not in str(refused.value)
    return [
        (".".join(map(str, error["loc"])), error["msg"].removeprefix("Value error, "))
        for error in refused.value.errors()
    ]


def test_nothing_at_all_is_fine() -> None:
    config = Config.model_validate({}, context=CONTEXT)

    assert (config.server, config.mails) == (None, {})


@pytest.mark.parametrize(
    ("settings", "port"),
    [({}, 587), ({"security": "tls"}, 465), ({"security": "none"}, 25), ({"security": "tls", "port": 2465}, 2465)],
)
def test_the_port_follows_from_the_security(settings: dict[str, Any], port: int) -> None:
    assert server(**settings).address == ("mail.example.org", port)


def test_nothing_shows_the_password() -> None:
    found = server(user="cockpit", password="s3cret")

    assert "s3cret" not in f"{found!r} {found}"


@pytest.mark.parametrize(
    ("settings", "where", "what"),
    [
        ({"host": "127.0.0.1"}, "server.host", "127.0.0.1 is a loopback address, which needs allow_private"),
        ({"host": "169.254.169.254", "allow_private": True}, "server.host", "which is never allowed"),
        ({"host": "smtp://mail"}, "server.host", "String should match pattern"),
        ({"port": 0}, "server.port", "greater than or equal to 1"),
        ({"security": "ssl"}, "server.security", "Input should be 'starttls', 'tls' or 'none'"),
        ({"user": "cockpit"}, "server", "user and password go together"),
        ({"password": "s3cret"}, "server", "user and password go together"),
        (
            {"user": "cockpit", "password": "s3cret", "security": "none"},
            "server",
            "without TLS the password could be read on the way",
        ),
        ({"security": "none", "tls": {}}, "server", "tls is for `security: starttls` or `tls`"),
    ],
)
def test_mistakes_of_the_server_say_where_and_what(settings: dict[str, Any], where: str, what: str) -> None:
    [(found, said)] = mistakes({"server": {"host": "mail.example.org"} | settings})

    assert found == where
    assert what in said


@pytest.mark.parametrize(
    ("settings", "where", "what"),
    [
        ({"from": "nobody"}, "from", "expected one mail address such as"),
        ({"from": "a@b, c@d"}, "from", "expected one mail address such as"),
        ({"from": "a@b\nBcc: c@d"}, "from", "expected one mail address such as"),
        ({"from": ""}, "from", "expected one mail address such as"),
        ({"from": "<a@b"}, "from", "expected one mail address such as"),
        ({"from": "a@bücher.example"}, "from", "xn--"),
        ({"to": []}, "to", "at least 1 item"),
        ({"to": ["a@b", "c"]}, "to.1", "expected one mail address such as"),
        ({"subject": "{{ data }}"}, "subject", "none of the events has an argument 'data'"),
        ({"body": "{{ data }}"}, "body", "none of the events has an argument 'data'"),
        ({"html": "{{ entry"}, "html", "line 1: unexpected end of template"),
    ],
)
def test_mistakes_of_a_mail_say_where_and_what(settings: dict[str, Any], where: str, what: str) -> None:
    section = {"server": {"host": "mail.example.org"}, "mails": {"it": MAIL | settings}}
    [(found, said)] = mistakes(section)

    assert found == f"mails.it.{where}"
    assert what in said


def test_mails_need_a_server() -> None:
    assert mistakes({"mails": {"it": MAIL}}) == [("mails", "mails need a server: add `server: {host: …}`")]


def test_without_the_extra_a_server_is_refused_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cockpit_gateway_smtp.settings.find_spec", lambda name: None)

    cure = "mail needs an extra: pip install 'cockpit-gateway[smtp]'"
    assert mistakes({"server": {"host": "mail.example.org"}, "mails": {"it": MAIL}}) == [("server", cure)]
    assert Config.model_validate({}, context=CONTEXT).server is None
