"""`check`, `schema` and `plugins`: what needs no gateway."""

from __future__ import annotations

import json
from pathlib import Path

from commands import SECRET, TOKEN, Site, distribution


def test_a_valid_file_is_summed_up(house: Site) -> None:
    assert house.text("check").splitlines() == [
        "gateway.yaml is valid",
        "sources    website",
        "endpoints  search-index",
        "plugins    exec, jsonl, redact, slack, smtp, webhook",
    ]
    assert not (house.folder / "gateway.db").exists()


def test_standard_input_and_several_files_can_be_checked(house: Site) -> None:
    result = house.run("check", "-", "gateway.yaml", "--json", stdin=b"servr: {}\n")
    assert result.returncode == 2
    [mistaken, valid] = json.loads(result.stdout)["files"]
    assert (mistaken["file"], mistaken["ok"]) == ("-", False)
    assert "-:1:1: servr: unknown key, did you mean 'server'?" in mistaken["problem"]
    assert (valid["file"], valid["ok"], valid["sources"]) == ("gateway.yaml", True, ["website"])


def test_a_mistake_ends_with_two_and_stands_on_standard_error(house: Site) -> None:
    (house.folder / "bad.yaml").write_text("store: redis\n")
    result = house.run("check", "bad.yaml")
    assert (result.returncode, result.stdout) == (2, b"")
    assert result.stderr.startswith(b"bad.yaml:1:8: store: ")


def test_the_configuration_can_be_named_by_the_environment(house: Site) -> None:
    house.config.rename(house.folder / "elsewhere.yaml")
    result = house.run("check", env={"COCKPIT_GATEWAY_CONFIG": "elsewhere.yaml"})
    assert result.stdout.startswith(b"elsewhere.yaml is valid")


def test_the_schema_knows_the_plugins(tmp_path: Path) -> None:
    schema = json.loads(Site(tmp_path, 0).text("schema"))
    assert "webhook" in schema["properties"]["plugins"]["properties"]


def test_a_broken_plugin_is_listed_with_its_problem_and_ends_with_one(house: Site) -> None:
    env = distribution(house, "wrong", "raise RuntimeError('out of \\x1b[31mpaint')\n")
    for arguments in ((), ("--json",)):
        result = house.run("plugins", "list", *arguments, env=env)
        assert result.returncode == 1
        assert b"out of \\u001b[31mpaint" in result.stdout
        assert b"wrong" in result.stdout
    assert b"plugin wrong is broken: RuntimeError" in house.run("check", env=env).stderr
    house.config.write_text("broken_plugins: skip\n" + house.config.read_text())
    assert house.run("check", env=env).stdout.splitlines()[-1] == b"broken     wrong"


def test_what_a_plugin_logs_does_not_get_into_the_answer(house: Site) -> None:
    env = distribution(
        house,
        "talking",
        "from cockpit_gateway import hookimpl\n"
        "@hookimpl\n"
        "def register_targets(context):\n"
        "    context.log.warning('heard')\n"
        "    return []\n"
        "@hookimpl\n"
        "def plan_deliveries(): ...\n",
    )
    with house.daemon():
        pass
    result = house.run("events", "list", "--json", env=env)
    assert json.loads(result.stdout) == {"events": [], "next": None, "searched_to": None}
    assert b"heard" in result.stderr


def test_plugins_are_listed_without_any_configuration(tmp_path: Path) -> None:
    listed = Site(tmp_path, 0).json("plugins", "list")["plugins"]
    assert [(plugin["name"], plugin["status"]) for plugin in listed] == [
        (name, "loaded") for name in ("exec", "jsonl", "redact", "slack", "smtp", "webhook")
    ]


def test_the_settings_are_shown_without_secrets(house: Site) -> None:
    written, effective = house.text("config", "show"), house.text("config", "show", "--effective")
    document = house.json("config", "show", "--effective")
    assert "url: http://127.0.0.1:" in written
    assert "grace: 2s  # gateway.yaml:1" in written
    assert "max_body: 16 MiB  # default" in effective
    assert document["settings"]["server"]["grace"] == "2s"
    assert document["origins"]["sources.website.tokens[0]"] == (
        "gateway.yaml:5, environment variable WEBSITE_TOKEN, not set"
    )
    assert [text for text in (written, effective, str(document)) if TOKEN in text or SECRET in text] == []


def test_the_doctor_says_what_to_do(house: Site) -> None:
    alone = house.run("doctor", "--offline")
    with house.daemon():
        well = house.text("doctor")
        (house.folder / "gateway.db").chmod(0o644)
        ill = house.run("doctor", "--json")
    document = json.loads(ill.stdout)
    [found] = [finding for finding in document["findings"] if finding["health"] == "fail"]
    assert alone.returncode == 0
    assert b"none is running" in alone.stdout
    assert "search-index" in well
    assert (ill.returncode, document["ok"], found["about"]) == (1, False, "store")
    assert found["cure"] == f"chmod go-rwx {house.folder}/gateway.db"
