"""A configuration file as a whole."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import trustme
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.config import Config, ConfigFile, Listen, Log, PluginConfig, Secret, Server, Settings, Source
from cockpit_gateway.errors import ConfigError
from cockpit_gateway.registry import Registry
from cockpit_gateway.transports import NetworkSettings, TargetSettings
from cockpit_gateway_exec import Command
from cockpit_gateway_exec import Config as ExecConfig
from cockpit_gateway_jsonl import AuditFile, Rotate
from cockpit_gateway_jsonl import Config as JsonlConfig
from cockpit_gateway_slack import ChatChannel
from cockpit_gateway_slack import Config as SlackConfig
from cockpit_gateway_smtp import Config as SmtpConfig
from cockpit_gateway_smtp import Mail, MailServer
from cockpit_gateway_webhook import Config as WebhookConfig

DEFAULT = Path(__file__).parents[3] / "config" / "gateway.yaml"
CATALOGUE = Catalogue()
BUILT_IN = Registry.load().config_models()
SIGNING_SECRET = "whsec_" + "A" * 32

SAMPLE = """\
server: {listen: 127.0.0.1:8787, max_body: 16 MiB}
store: sqlite:data/gateway.db
sources:
  website:
    tokens: ["${WEBSITE_TOKEN}"]
plugins:
  redact: {}
  webhook:
    endpoints:
      rebuild-site:
        url: https://builds.example.org/hooks/site
        events: [collections.save.after, collections.remove.after, singleton.saveData.after]
        when: event.collection in ["posts", "pages"] or event.singleton == "home"
        key: endpoint
        coalesce: {wait: 30s, max_wait: 5m, keep: last}
      search-index:
        url: https://search.example.org/ingest
        events: ["collections.save.after", "collections.remove.after"]
        secret: !file search
        ordered: true
        rate: 50/s
"""


class Search(PluginConfig):
    index: str = "posts"
    key: Secret | None = None


def read(
    text: str, models: Mapping[str, type[PluginConfig] | None] | None = None, environ: Mapping[str, str] | None = None
) -> Config:
    return ConfigFile.from_text(text, "test.yaml", environ or {}).validate(models or {}, CATALOGUE)


def refusal(text: str, models: Mapping[str, type[PluginConfig] | None] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        read(text, models)
    return [problem.message for problem in refused.value.problems]


def test_the_default_file_is_valid_without_any_environment() -> None:
    config = ConfigFile.read(DEFAULT, {}).validate(BUILT_IN, CATALOGUE)

    assert config.settings.server.listen == Listen("127.0.0.1", 8787)
    assert config.settings.store == "sqlite:data/gateway.db"
    assert list(config.settings.sources) == ["website"]
    assert set(config.plugins) == {"exec", "jsonl", "redact", "slack", "smtp", "webhook"}


def test_the_default_file_names_its_schema() -> None:
    assert DEFAULT.read_text().startswith("# yaml-language-server: $schema=gateway.schema.json\n")


def test_what_is_commented_out_in_the_default_file_is_valid_too_and_shows_every_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = trustme.CA().issue_cert("localhost")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "gateway.yaml"
    text = DEFAULT.read_text().partition("\n")[2]
    path.write_text(re.sub(r"^( *)# ( *[a-z0-9_-]+:( |$))", r"\1\2", text, flags=re.MULTILINE))
    (tmp_path / "search-secret").write_text(SIGNING_SECRET)
    environ = {"WEBSITE_TOKEN": "a", "SEARCH_PASSWORD": "b", "BUILD_TOKEN": "c", "CDN_SECRET": "d"}
    environ["BUILD_SECRET"] = SIGNING_SECRET
    environ |= dict.fromkeys(("SLACK_WEBHOOK", "DISCORD_WEBHOOK"), "https://chat.example.org/e")
    environ |= {"MAIL_PASSWORD": "f", "DEPLOY_TOKEN": "g", "MONITORING_TOKEN": "sixteen-or-more-characters"}
    environ |= {"GATEWAY_KEY": "thirty-two-or-more-characters-of-it", "OTLP_TOKEN": "h"}

    file = ConfigFile.read(path, environ)
    config = file.validate(BUILT_IN, Catalogue(file.custom_events))

    settings = config.settings
    shown = {field for endpoint in endpoints(config).values() for field in endpoint.model_fields_set}
    assert shown == set(type(endpoints(config)["search-index"]).model_fields)
    assert settings.model_fields_set == set(Settings.model_fields)
    assert settings.server.model_fields_set == set(Server.model_fields)
    assert settings.sources["website"].model_fields_set == set(Source.model_fields)
    assert settings.log.model_fields_set == set(Log.model_fields)
    shared = {*TargetSettings.model_fields, *NetworkSettings.model_fields} - {"events"}
    slack, smtp = config.plugins["slack"], config.plugins["smtp"]
    assert isinstance(slack, SlackConfig)
    assert isinstance(smtp, SmtpConfig)
    assert smtp.server is not None
    keys = {key for channel in slack.channels.values() for key in channel.model_fields_set}
    assert keys >= {*ChatChannel.model_fields} - shared
    assert {key for mail in smtp.mails.values() for key in mail.model_fields_set} >= {*Mail.model_fields} - shared
    assert smtp.server.model_fields_set == set(MailServer.model_fields)
    run, written = config.plugins["exec"], config.plugins["jsonl"]
    assert isinstance(run, ExecConfig)
    assert isinstance(written, JsonlConfig)
    keys = {key for command in run.commands.values() for key in command.model_fields_set}
    assert keys >= {*Command.model_fields} - {*TargetSettings.model_fields}
    [audit] = written.files.values()
    assert audit.model_fields_set >= {*AuditFile.model_fields} - {*TargetSettings.model_fields}
    assert audit.rotate is not None
    assert audit.rotate.model_fields_set == set(Rotate.model_fields)


def endpoints(config: Config) -> Mapping[str, PluginConfig]:
    webhook = config.plugins["webhook"]
    assert isinstance(webhook, WebhookConfig)
    return webhook.endpoints


def test_a_sample_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "gateway.yaml"
    path.write_text(SAMPLE)
    (tmp_path / "search").write_text(f"{SIGNING_SECRET}\n")

    config = ConfigFile.read(path, {"WEBSITE_TOKEN": "a-token"}).validate(BUILT_IN, CATALOGUE)

    [token] = config.settings.sources["website"].tokens
    assert token.get_secret_value() == "a-token"
    assert "a-token" not in repr(config)
    assert "AAAA" not in repr(config)


def test_an_empty_file_is_every_default() -> None:
    config = read("", {"search": Search, "quiet": None})

    assert config.settings.sources == {}
    assert config.plugins == {"search": Search()}


@pytest.mark.parametrize("section", ["", "{}", "{index: posts}"])
def test_a_plugins_section(section: str) -> None:
    assert read(f"plugins:\n  search: {section}", {"search": Search}).plugins == {"search": Search()}


def test_a_section_without_a_plugin_or_without_settings() -> None:
    models = {"search": Search, "quiet": None}

    assert refusal("plugins: {searchh: {index: 5}}", models) == [
        "no plugin 'searchh' is installed, did you mean 'search'?"
    ]
    assert refusal("plugins: {banana: }", models) == ["no plugin 'banana' is installed; there are: quiet, search"]
    assert refusal("plugins: {banana: }") == ["no plugin 'banana' is installed; there are: none"]
    assert refusal("plugins: {quiet: {loud: true}}", models) == ["the plugin 'quiet' has no settings"]
    assert read("plugins: {quiet: {}}", models).plugins == {"search": Search()}


@pytest.mark.parametrize("listen", ["0.0.0.0:80", "':80'", "'[::]:80'", "gateway.example.org:80"])
def test_a_source_that_anybody_could_post_to_is_refused(listen: str) -> None:
    with pytest.raises(ConfigError, match=r'add under my-site: tokens: \["\$\{MY_SITE_TOKEN\}"\]'):
        read(f"server: {{listen: {listen}}}\nsources: {{my-site: {{}}, blog: {{tokens: [a]}}}}")


@pytest.mark.parametrize("listen", ["127.0.0.1:80", "localhost:80", "'[::1]:80'", "unix:/run/x.sock"])
def test_on_this_machine_a_source_needs_no_token(listen: str) -> None:
    assert read(f"server: {{listen: {listen}}}\nsources: {{website: {{}}}}").settings.sources["website"].tokens == []


def test_no_source_at_all_is_fine_anywhere() -> None:
    assert read("server: {listen: ':80'}").settings.sources == {}


@pytest.mark.parametrize(
    ("text", "custom"),
    [
        ("custom_events: [a, 5, 'b.*']", ["a", "b.*"]),
        ("custom_events: a", []),
        ("custom_events:", []),
        ("[]", []),
        ("", []),
    ],
)
def test_custom_events_as_far_as_they_can_be_made_out(text: str, custom: list[str]) -> None:
    assert ConfigFile.from_text(text, "x", {}).custom_events == custom


@pytest.mark.parametrize(
    ("text", "sections"),
    [("plugins: {a: {b: 1}, c: }", {"a": {"b": 1}, "c": None}), ("plugins: [a]", {}), ("5", {})],
)
def test_plugin_sections_before_validation(text: str, sections: object) -> None:
    assert ConfigFile.from_text(text, "x", {}).plugin_sections == sections


def test_the_place_is_known_whatever_mistakes_the_rest_has() -> None:
    text = "server: {listen: '${UNSET}', port: 1, admin_socket: x.sock}\nstore: sqlite:x.db\nsources: 7\nbanana: 1\n"
    place = ConfigFile.from_text(text, "x", {}).place

    assert place is not None
    assert (str(place.server.admin_socket), place.store) == ("x.sock", "sqlite:x.db")


@pytest.mark.parametrize(
    "text",
    ["store: 5", "store: 'sqlite:${UNSET}/gateway.db'", "server: {admin_socket: !env X}", "server: {admin_socket: []}"],
)
def test_the_place_is_not_known_if_it_has_mistakes_itself(text: str) -> None:
    assert ConfigFile.from_text(text, "x", {}).place is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "gateway.yaml: cannot be read: No such file or directory"),
        (b"log: \xff", "gateway.yaml: not UTF-8 text: see the byte at position 5"),
        (b"log: [", "gateway.yaml:1:6: not valid YAML"),
    ],
)
def test_a_file_that_cannot_be_read(content: bytes | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "gateway.yaml"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ConfigError) as refused:
        ConfigFile.read(path, {})

    assert f"{tmp_path}/{message}" in str(refused.value)


def test_file_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "gateway.yaml"
    path.write_text("plugins: {search: {key: !file secrets/key}}\n")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "key").write_text("s3cret\n")

    config = ConfigFile.read(path, {}).validate({"search": Search}, CATALOGUE)

    assert config.plugins["search"] == Search(key=Secret("s3cret"))


PARTS = [
    *("server: ", "sources: ", "  website: ", "tokens: ", "plugins:", "  webhook:", "    endpoints:", "      a:"),
    *("        url: https://x/", "        events: [collections.save.after]", "retry: ", "{first: 1s}", "when: "),
    *("custom_events: ", "accept: ", "log: {level: ", "coalesce: {wait: 1s}", "store: sqlite:x", "redact: {rules: "),
    *("[", "]", "{", "}", "&a ", "*a ", "<<: ", "!file ", "!!bool ", "!!int ", "!!set ", "!!timestamp ", "!x ", "! "),
    *("? ", "- ", ": ", ", ", "'", '"', "|\n", ">", "\\", "#", "---\n", "...\n", "%YAML 1.1\n", "\n", "\n  ", "\t"),
    *("${SET}", "${UNSET}", "${SET:-x}", "${", "$$", "=", "<<", "null", "~", "on", "0x", "0b_", "1:30", "2024-13-45"),
    *(".inf", ".nan", "9" * 5000, "é", "日本", "😀", "\u2028", "\x85", "\x00", "\ud800", "\ufeff", "\r"),
]
TEXTS = st.lists(st.one_of(st.sampled_from(PARTS), st.text(max_size=5)), max_size=30).map("".join)
SECRET = "s3cret-of-environment"


def outcome(text: str) -> Config | ConfigError:
    try:
        file = ConfigFile.from_text(text, "x", {"SET": SECRET})
        return file.validate(BUILT_IN, Catalogue(file.custom_events) if file.custom_events else CATALOGUE)
    except ConfigError as error:
        return error


def valid_or_refused(text: str) -> None:
    found = outcome(text)
    if isinstance(found, ConfigError):
        assert found.problems
        assert SECRET not in str(found)


@given(TEXTS)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_is_valid_or_refused(text: str) -> None:
    valid_or_refused(text)


@given(st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_sample_with_anything_changed_is_valid_or_refused(data: st.DataObject) -> None:
    text = SAMPLE.replace("WEBSITE_TOKEN", "SET")
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = start + data.draw(st.sampled_from([0, 1, 5, 40]))
        text = text[:start] + data.draw(st.one_of(st.sampled_from(PARTS), st.text(max_size=3))) + text[end:]
    valid_or_refused(text)
