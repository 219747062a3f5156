"""A configuration as it is shown: nothing secret, everything with its origin, and readable again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.config import Config, ConfigFile, PluginConfig, ShownSetting, nested, with_entries
from cockpit_gateway.config.problems import render_path
from cockpit_gateway.registry import Registry

MODELS = Registry.load().config_models()
SIGNING = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

WHOLE = """\
server:
  listen: "${HOST:-127.0.0.1}:9999"
  max_body: 4 MiB
sources:
  website:
    tokens: ["${TOKEN}", written-token]
    rate: 90/m
  other:
log: &log {level: debug}
tracing: {endpoint: "https://traces.example.org", headers: {Authorization: Bearer written-bearer}}
plugins:
  webhook:
    endpoints:
      site:
        url: https://site.example.org/hook?key=written-key
        events: [collections.save.after]
        when: entry.published
        retry: [0s, 1m30s]
        proxy: socks5://somebody:written-password@proxy.example.org:1080
        headers: {X-Custom: written-header}
        basic_auth: {user: somebody, password: !file secret}
        secrets: [whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw,
                  {secret: "${SIGN:-whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw}", until: 2030-01-01T00:00:00Z}]
        coalesce: {wait: 30s, max_wait: 5m}
        rate: 50/s
        allow_private: [10.0.0.0/8]
"""
SECRETS = ["brought-in", "written-", "from-a-file", SIGNING, "MfKQ9r8GKY"]


def read(
    text: str, folder: Path = Path(), models: Mapping[str, type[PluginConfig] | None] = MODELS
) -> tuple[ConfigFile, Config]:
    file = ConfigFile("gateway.yaml", text, folder, {"TOKEN": "brought-in"})
    return file, file.validate(models, Catalogue())


def shown(text: str, folder: Path = Path(), *, effective: bool = True) -> dict[str, tuple[Any, str]]:
    """Return the value and the origin of each setting, by its path."""
    file, config = read(text, folder)
    settings = file.shown(config, MODELS, effective=effective)
    assert len({setting.path for setting in settings}) == len(settings)
    return {render_path(setting.path): (setting.value, setting.origin) for setting in settings}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text("from-a-file\n")
    return tmp_path


@pytest.mark.parametrize("effective", [False, True])
def test_no_secret_is_shown(folder: Path, effective: bool) -> None:
    everything = str(shown(WHOLE, folder, effective=effective))
    assert [secret for secret in SECRETS if secret in everything] == []


def test_each_setting_has_its_origin(folder: Path) -> None:
    found = shown(WHOLE, folder)
    endpoint = "plugins.webhook.endpoints.site"
    assert found["server.listen"] == ("127.0.0.1:9999", "gateway.yaml:2, environment variable HOST, not set")
    assert found["server.max_body"] == ("4 MiB", "gateway.yaml:3")
    assert found["server.keep_alive"] == ("1m15s", "default")
    assert found["sources.website.tokens[0]"] == ("***", "gateway.yaml:6, environment variable TOKEN")
    assert found["sources.website.tokens[1]"] == ("***", "gateway.yaml:6")
    assert found["sources.other.header"] == ("X-Gateway-Token", "default")
    assert found[f"{endpoint}.basic_auth.password"] == ("***", "gateway.yaml:21, !file secret")
    assert found[f"{endpoint}.url"] == ("https://site.example.org/hook?***", "gateway.yaml:15")
    assert found[f"{endpoint}.retry[1]"] == ("1m30s", "gateway.yaml:18")
    assert found[f"{endpoint}.coalesce.keep"] == ("last", "default")
    assert found[f"{endpoint}.secrets[0]"] == ("***", "gateway.yaml:22")
    assert found[f"{endpoint}.secrets[1].secret"] == ("***", "gateway.yaml:23, environment variable SIGN, not set")
    assert found[f"{endpoint}.breaker.wait"] == ("5s", "default")
    assert found["plugins.slack.channels"] == ({}, "default")


def test_only_what_is_written(folder: Path) -> None:
    found = shown(WHOLE, folder, effective=False)
    assert {origin.partition(":")[0] for _, origin in found.values()} == {"gateway.yaml"}
    assert list(found)[:3] == ["server.listen", "server.max_body", "sources.website.tokens[0]"]
    assert found["sources.other"] == (None, "gateway.yaml:8")
    assert shown("", effective=False) == {}


def test_what_is_shown_can_be_read_again_and_means_the_same() -> None:
    text = """
sources: {website: {rate: 90/m, allow_from: [10.0.0.0/8]}}
retention: {age: 12h, size: 1500 MB}
plugins:
  redact: {}
  jsonl: {files: {all: {path: /var/log/x.jsonl, events: ["*"]}}}
  webhook:
    endpoints:
      site:
        url: https://site.example.org/hook
        events: [collections.save.after]
        when: entry.published
        key: event.source
        retry: {first: 1s, attempts: 3}
        disable_after: 2d
        body: template
        template: "{{ event.name }}"
"""
    file, config = read(text)
    tree = nested(file.shown(config, MODELS, effective=True))
    _, again = read(yaml.safe_dump(tree))
    assert again.plugins == config.plugins
    assert again.settings.model_copy(update={"plugins": {}}) == config.settings.model_copy(update={"plugins": {}})


def test_every_default_of_every_model_can_be_written() -> None:
    file, config = read("sources: {website: {}}")
    tree = nested(file.shown(config, MODELS, effective=True))
    assert read(yaml.safe_dump(tree))[1].settings.server == config.settings.server


def test_of_a_plugin_that_is_not_there_nothing_is_shown() -> None:
    file = ConfigFile("gateway.yaml", "plugins: {search: {url: secret-or-not, key: [1, 2]}}", Path(), {})
    config = file.validate({}, Catalogue(), absent={"search"})
    for effective in (False, True):
        found = {render_path(item.path): item.value for item in file.shown(config, {}, effective=effective)}
        values = [value for path, value in found.items() if path.startswith("plugins.")]
        assert values == ["***", "***", "***"]


class Search(PluginConfig):
    """A careless plugin: its secrets are plain texts."""

    url: str = "https://index.example.org/?token=by-default"
    api_key: str = ""


def test_what_a_careless_plugin_calls_secret_is_one() -> None:
    models = {"search": Search}
    file, config = read("plugins: {search: {api_key: written-key}}", models=models)
    found = {render_path(item.path): item.value for item in file.shown(config, models, effective=True)}
    assert found["plugins.search.api_key"] == "***"
    assert found["plugins.search.url"] == "https://index.example.org/?***"


def test_what_is_merged_stands_where_it_was_written() -> None:
    text = "sources:\n  one: &one {header: X-One}\n  two: {<<: *one, rate: 1/s}"
    found = shown(text)
    assert found["sources.two.header"] == ("X-One", "gateway.yaml:2")
    assert found["sources.two.rate"] == ("1/s", "gateway.yaml:3")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (["log.level"], ["log.level", "made"]),
        (["plugins.webhook", "log.level"], ["made", "log.level"]),
        (["plugins.redact", "log.level"], ["plugins.redact", "made", "log.level"]),
        (
            ["plugins.webhook.endpoints", "plugins.webhook.handlers", "plugins.redact"],
            ["made", "plugins.webhook.handlers", "plugins.redact"],
        ),
        (
            ["plugins.webhook.endpoints.site.url", "log.level"],
            ["plugins.webhook.endpoints.site.url", "made", "log.level"],
        ),
    ],
)
def test_entries_of_the_store_stand_where_they_would_in_the_file(written: list[str], expected: list[str]) -> None:
    settings = [ShownSetting(tuple(path.split(".")), None, "x.yaml:1", 0) for path in written]
    found = with_entries(settings, ("plugins", "webhook", "endpoints"), {"made": {"events": ["a"]}})
    made = "plugins.webhook.endpoints.made.events[0]"

    assert [render_path(setting.path) for setting in found] == [made if path == "made" else path for path in expected]
    assert [setting.value for setting in found if setting.origin == "store"] == ["a"]
    assert with_entries(settings, ("plugins", "webhook", "endpoints"), {}) == settings
