"""What is a secret, by its key or its place, and how it is kept out of messages."""

from __future__ import annotations

import pytest

from cockpit_gateway.config.hiding import Secrets, is_secret_key, passwords_in_urls, secrets_near, without_passwords
from cockpit_gateway.config.problems import Problem, Span


@pytest.mark.parametrize(
    "key",
    [
        *("token", "tokens", "secret", "Secrets", "password", "Authorization", "bearer", "Cookie"),
        *("api_key", "apikeys", "X-Api-Key", "X-Auth-Token", "client_secret", "db-password"),
    ],
)
def test_secret_keys(key: str) -> None:
    assert is_secret_key(key)


@pytest.mark.parametrize("key", ["url", "key", "basic_auth", "user", "tokenizer", "secretary", "max_tokens_sent", ""])
def test_other_keys(key: str) -> None:
    assert not is_secret_key(key)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("got 'long secret value'", "got ***"),
        ("xlong secret valuex", "x***x"),
        ("the long secret and the long secret value", "the *** and the ***"),
        ("about: got 'ab'", "about: got ***"),
        ("got 'line\\nbreak' which is line\nbreak", "got *** which is ***"),
        ("two\n  lines", "two lines"),
    ],
)
def test_messages_hold_no_secret(message: str, shown: str) -> None:
    secrets = Secrets(values={"long secret", "long secret value", "ab", "line\nbreak"})

    assert secrets.out_of(Problem((), Span(0, 0, 0, 1), message)).message == shown


def test_what_stands_before_the_host_of_a_url() -> None:
    lines = ["url: https://me:pass@host/@x", "mail: a@b.org", "two: x://a@b y://c@d"]

    assert [lines[span.line][span.column : span.end_column] for span in passwords_in_urls(lines)] == [
        "me:pass",
        "a",
        "c",
    ]


@pytest.mark.parametrize(
    "url",
    [
        *(
            "postgresql://me:tiger/lily@db/gateway",
            "postgresql:/me:tigerlily@db/gateway",
            "postgres:me:tigerlily@db/gateway",
        ),
        *("postgresql://me:tiger?lily@db/gateway?tiger=lily", "postgresql://me:tiger lily@db/gateway"),
        *("postgresql://me:tiger'lily@db/gateway", "postgresql://me:tiger@lily@db/gateway"),
    ],
)
def test_what_is_meant_as_the_password_of_a_database_is_not_shown(url: str) -> None:
    shown = without_passwords(f"store: {url}")
    assert ("tiger" in shown, "lily" in shown, "me" in shown) == (False, False, False)
    assert "@db/gateway" in shown or "?" in url


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("token: s3cret", "s3cret"),
        ('{"token":"s3cret"}', '"s3cret"}'),
        ("  a: {password: s3cret, b: c}", "s3cret, b: c}"),
        ("tokens:\n  - s3cret", "- s3cret"),
        ("tokens:\n- other\n- s3cret", "- s3cret"),
        ("a:\n  tokens: [\n    s3cret", "s3cret"),
        ("a:\n  token:\n\n    - x\n    - y: s3cret", "- y: s3cret"),
        ("tokens: ['${TOKEN}']", None),
        ("tokens:\n  - ${TOKEN}", None),
        ("tokens: ['${TOKEN:-s3cret}']", "['${TOKEN:-s3cret}']"),
        ("token: x\nurl: y", None),
        ("tokens:\n- x\nurl: y", None),
        ("url: https://host/token: x", "x"),
        ("level: info", None),
        ("", None),
    ],
)
def test_what_is_hidden_in_the_last_line_of_a_text_with_bad_syntax(text: str, seen: str | None) -> None:
    lines = text.split("\n")
    found = [lines[span.line][span.column : span.end_column] for span in secrets_near(len(lines) - 1, lines)]

    assert found == ([] if seen is None else [seen])
