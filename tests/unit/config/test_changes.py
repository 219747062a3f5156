"""What another configuration would change, and what of that waits for a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.config import ConfigFile, ShownSetting
from cockpit_gateway.config.changes import changes
from cockpit_gateway.config.problems import render_path
from cockpit_gateway.registry import Registry

MODELS = Registry.load().config_models()
ENDPOINT = "plugins: {webhook: {endpoints: {site: {url: 'https://site.example.org', events: [%s], bearer: %s}}}}"


def changed(before: str, after: str) -> list[tuple[str, object, object, bool]]:
    """Return what is different between two texts."""
    shown: list[list[ShownSetting]] = []
    for text in (before, after):
        file = ConfigFile("gateway.yaml", text, Path(), {})
        shown.append(file.shown(file.validate(MODELS, Catalogue()), MODELS, effective=True))
    return [(render_path(found.path), found.before, found.after, found.needs_restart) for found in changes(*shown)]


def test_the_same_settings_written_otherwise_are_no_change() -> None:
    assert changed("log: {level: info}", "# a comment\n\nlog:\n  level: 'info'\nserver:\n") == []
    assert changed("sources: {a: {}, b: {}}", "sources: {b: , a: }") == []


@pytest.mark.parametrize(
    ("before", "after", "path", "restart"),
    [
        ("", "log: {level: debug}", "log.level", False),
        ("", "retention: {age: 1d}", "retention.age", False),
        ("", "server: {grace: 1s}", "server.grace", True),
        ("", "store: 'sqlite:other.db'", "store", True),
        ("sources: {website: }", "sources: {website: {accept: ['*']}}", "sources.website.accept", False),
        ("", "custom_events: [a.b]", "custom_events", True),
    ],
)
def test_what_needs_a_restart_says_so(before: str, after: str, path: str, restart: bool) -> None:
    [(found, *_, needs_restart)] = changed(before, after)
    assert (found, needs_restart) == (path, restart)


def test_a_list_is_one_setting_and_a_secret_is_not_told() -> None:
    found = changed(ENDPOINT % ("'*', error", "old-secret"), ENDPOINT % ("error", "new-secret"))
    assert found == [
        ("plugins.webhook.endpoints.site.events", ["*", "error"], ["error"], False),
        ("plugins.webhook.endpoints.site.bearer", "***", "***", False),
    ]


def test_what_is_new_or_gone_is_told_as_it_is_written() -> None:
    whole = ENDPOINT % ("error", "secret")
    written = ["events", "url", "bearer"]
    added, removed = changed("", whole), changed(whole, "")
    assert [path.rpartition(".")[2] for path, *_ in added] == written
    assert [before for _, before, *_ in added] == [None] * 3
    assert [(before, after) for _, before, after, _ in removed][:1] == [(["error"], None)]
