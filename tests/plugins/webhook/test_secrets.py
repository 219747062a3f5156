"""Signing secrets of endpoints that are made while the gateway runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cockpit_gateway.config.problems import Data
from cockpit_gateway_webhook.secrets import new_secret, with_secret
from cockpit_gateway_webhook.signing import decode_secret

NOW = datetime(2026, 12, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def test_a_new_secret_signs_and_is_another_one_each_time() -> None:
    decode_secret(new_secret())
    assert new_secret() != new_secret()


def test_the_one_before_signs_for_a_while() -> None:
    changed = with_secret({"url": "x", "secret": "old"}, "new", NOW, DAY)
    assert changed == {"url": "x", "secrets": ["new", {"secret": "old", "until": "2026-12-02T00:00:00+00:00"}]}


def test_one_that_was_on_its_way_out_ends_when_it_would_have() -> None:
    soon: Data = {"secret": "older", "until": "2026-12-01T01:00:00+00:00"}
    over: Data = {"secret": "oldest", "until": "2026-11-30T00:00:00+00:00"}
    changed = with_secret({"secrets": ["old", soon, over]}, "new", NOW, DAY)
    assert changed == {"secrets": ["new", {"secret": "old", "until": "2026-12-02T00:00:00+00:00"}, soon]}


def test_without_grace_the_new_one_signs_alone() -> None:
    assert with_secret({"secrets": ["old"]}, "new", NOW, timedelta()) == {"secret": "new"}
