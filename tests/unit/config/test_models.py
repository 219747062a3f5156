"""The gateway's own settings."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from cockpit_gateway.config import Listen, Settings
from cockpit_gateway.config.problems import render_path


def mistakes(given: object) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate(given)
    return [(render_path(error["loc"]), error["msg"].removeprefix("Value error, ")) for error in refused.value.errors()]


def test_defaults() -> None:
    settings = Settings()

    assert settings.server.listen == Listen("127.0.0.1", 8787)
    assert settings.server.max_body == 16 * 1024 * 1024
    assert (settings.server.grace, settings.server.dedup_window) == (10, 300)
    assert settings.server.admin_socket is None
    assert settings.store == "sqlite:data/gateway.db"
    assert (settings.sources, settings.custom_events, settings.plugins) == ({}, [], {})
    assert (settings.log.level, settings.log.format) == ("info", "auto")


@pytest.mark.parametrize("path", ["gateway", "/", "/gateway/", "//x", "/a b", "/{x}", "/ä", "/x\n", "/?"])
def test_a_base_path_stands_before_others(path: str) -> None:
    [(place, message)] = mistakes({"server": {"base_path": path}})

    assert place == "server.base_path"
    assert message.startswith("a base path is like /gateway")


@pytest.mark.parametrize(
    ("server", "message"),
    [
        ({"max_in_flight": "1 MiB"}, "max_in_flight has to be at least max_body"),
        ({"listen": "unix:x", "tls": {"cert": "c", "key": "k"}}, "tls is for an address"),
    ],
)
def test_what_does_not_fit_together(server: dict[str, object], message: str) -> None:
    [(place, found)] = mistakes({"server": server})

    assert place == "server"
    assert found.startswith(message)


def test_everything_set() -> None:
    settings = Settings.model_validate(
        {
            "server": {
                "listen": "unix:/run/x.sock",
                "max_body": "1 MiB",
                "grace": "1m",
                "dedup_window": 0,
                "admin_socket": "/run/admin.sock",
            },
            "store": "sqlite:/var/lib/gateway.db",
            "sources": {
                "website": {"tokens": ["eins", "zwei"], "header": "X-Site", "accept": ["collections.find.*"]},
                "Blog_2-x": {},
                "docs": None,
            },
            "custom_events": ["shop.*"],
            "plugins": {"webhook": {"anything": 1}},
            "log": {"level": "debug", "format": "json"},
        }
    )

    assert settings.server.admin_socket == Path("/run/admin.sock")
    website = settings.sources["website"]
    assert [token.get_secret_value() for token in website.tokens] == ["eins", "zwei"]
    assert settings.sources["docs"].header == "X-Gateway-Token"
    assert "eins" not in repr(settings)


@pytest.mark.parametrize("name", ["", "a b", "-x", "_x", "a/b", "a.b", "é", "a\n", "a%20b"])
def test_a_sources_name_is_safe_in_a_url(name: str) -> None:
    [(place, message)] = mistakes({"sources": {name: {}}})

    assert place.endswith('"[key]"')
    assert message == "a source's name is part of a URL: letters, digits, _ and - (not first)"


@pytest.mark.parametrize("header", ["", "X Site", "X-Site:", "X-Sité", "X\n"])
def test_a_header_has_a_headers_name(header: str) -> None:
    assert mistakes({"sources": {"a": {"header": header}}}) == [
        ("sources.a.header", "a header's name consists of letters, digits and hyphens")
    ]


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("", "a token is empty; leave it out"),
        (" x", "a token is one line, without spaces around it"),
        ("x\n", "a token is one line, without spaces around it"),
        ("x\ny", "a token is one line, without spaces around it"),
        ("x\0", "a token is one line, without spaces around it"),
    ],
)
def test_a_token_is_something_a_form_can_hold(token: str, message: str) -> None:
    assert mistakes({"sources": {"a": {"tokens": ["fine", token]}}}) == [("sources.a.tokens[1]", message)]


def test_two_tokens_are_the_most() -> None:
    [(place, _)] = mistakes({"sources": {"a": {"tokens": ["a", "b", "c"]}}})

    assert place == "sources.a.tokens"


@pytest.mark.parametrize(
    ("store", "message"),
    [
        ("postgresql:gateway", "after postgresql: stands where the database is: postgresql://user@host/database"),
        ("postgresql://gateway:sword/fish@db/gateway", "write what is special in a password as URLs do"),
        ("data/gateway.db", "write sqlite: and the path of a file, or postgresql://user@host/database"),
        ("", "write sqlite: and the path of a file, or postgresql://user@host/database"),
        ("sqlite:", "after sqlite: stands the path of a file: sqlite:data/gateway.db, sqlite:/var/lib/gateway.db"),
        ("sqlite:///data/x.db", "after sqlite: stands the path of a file: sqlite:data/gateway.db, sqlite:/var/lib"),
    ],
)
def test_the_store_is_a_file_or_a_database(store: str, message: str) -> None:
    [(place, found)] = mistakes({"store": store})

    assert place == "store"
    assert found.startswith(message)
