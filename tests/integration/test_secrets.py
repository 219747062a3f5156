"""Secrets of the configuration: a gateway is driven through success and every kind of failure, and none of them shows.

Not in a log of either format, an answer, a metric, the output of a command, the list of processes, or the store.
"""

from __future__ import annotations

import base64
import http.client
import json
import socket
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

import commands
import pytest

from cockpit_gateway.testing import Receiver
from cockpit_gateway.testing.captures import capture

SAVE = capture("collections.save.after").body
TOKENS = ("token-1-Zq8x/+ä'\"<", "token-2-Vw7k")
SIGNING = (b"signing-1-of-thirty-two-bytes!", b"signing-2-of-thirty-two-bytes!")
PASSWORD, BEARER, HEADER = "password-Hj3%&=x", "bearer-Lp5m", "header-Rt6n"
QUERY, FILE, OWN = "query-Ms4b", "file-Bd9c", "own-Gf2v"
SECRETS = (*TOKENS, PASSWORD, BEARER, HEADER, QUERY, FILE, OWN, *(secret.decode() for secret in SIGNING))

YAML = """
server: {{listen: '127.0.0.1:{port}', grace: 2s, read_timeout: 1s}}
store: sqlite:gateway.db
log: {{level: debug, format: {format}}}
sources:
  website: {{tokens: ["${{TOKEN_1}}", "{second}"], header: X-Token}}
plugins:
  careless: {{password: "{own}", nested: {{keys: ["{own}"]}}}}
  webhook:
    endpoints:
      fine:
        {{url: '{url}/?key={query}', allow_private: true,
         events: [collections.save.after], secret: {signing[0]}, bearer: {bearer}}}
      failing:
        {{url: '{url}/500?key={query}', allow_private: true,
         events: [error], secrets: {signing}, {basic}, {retry}}}
      refused:
        {{url: 'http://127.0.0.1:1/?key={query}', allow_private: true,
         events: [error], headers: {{X-Key: {header}}}, {retry}}}
      nowhere:
        {{url: 'http://nowhere.invalid/?key={query}', allow_private: true,
         events: [error], bearer: !file file-secret, {retry}}}
      tls:
        {{url: '{url_tls}/?key={query}', allow_private: true,
         events: [error], bearer: {bearer}, {retry}}}
      silent:
        {{url: '{url}/silent?key={query}', allow_private: true,
         events: [error], bearer: {bearer}, timeout: 200ms, {retry}}}
      template:
        {{url: '{url}/?key={query}', allow_private: true,
         events: [error], body: template, template: '{{{{ event.args[99].x }}}}', {retry}}}
"""
CARELESS = """
from cockpit_gateway import hookimpl
from cockpit_gateway.config import PluginConfig, Secret


class Nested(PluginConfig):
    keys: list[Secret] = []


class Config(PluginConfig):
    password: Secret
    nested: Nested


def fail(context):
    config, password = context.config, context.config.password.get_secret_value()
    context.log.info("about to fail", config=config, again=repr(config))
    raise RuntimeError(f"{config!r} {config} {config.model_dump()} {password}")


@hookimpl
def filter_event(event, context):
    if event.label == "filter":
        fail(context)


@hookimpl
def register_targets():
    return []


@hookimpl
async def deliver(delivery):
    pass


@hookimpl
def plan_deliveries(event, context):
    if event.label == "planner":
        fail(context)
    return []


@hookimpl
def collections_save_after(event, context):
    fail(context)


@hookimpl
async def collections_remove_after(event, context):
    fail(context)


@hookimpl
def gateway_stopping(context):
    fail(context)
"""


MISTAKES = (
    ("bearer:", "baerer:"),
    ("password:", "passwort:"),
    ("tokens: [", "tokens: [[3], "),
    ("secret: ", "secret: x"),
    ("timeout: 200ms", "timeout: long"),
    ("log:", "log: {"),
    ("nested:", "nsted:"),
    ("careless:", "carefree:"),
    ("X-Key:", '"X Key":'),
    ("http://127.0.0.1:1/", "http://joe:x@127.0.0.1:1/"),
    ("{url: 'http://nowhere", "{url: 'ftp://nowhere"),
    ("website: {", "website: {{"),
)
"""What may be typed wrong beside, above and in a secret."""


def whsec(secret: bytes) -> str:
    return "whsec_" + base64.b64encode(secret).decode()


def forms(secret: str) -> set[str]:
    """Return a secret as it might be written: plain, in JSON, in a URL, in Python, in base64 at any offset."""
    raw = secret.encode()
    encoded = {secret, json.dumps(secret)[1:-1], repr(secret)[1:-1], urllib.parse.quote(secret, safe="")}
    encoded.add(urllib.parse.quote_plus(secret))
    for shift in range(3):
        whole = base64.b64encode(bytes(shift) + raw).decode()
        encoded |= {whole[4 if shift else 0 : -4], base64.urlsafe_b64encode(bytes(shift) + raw).decode()[4:-4]}
    return {form for form in encoded if len(form) >= 6}


FORMS = {form: secret for secret in SECRETS for form in forms(secret)}


@dataclass
class Seen:
    """Everything that somebody could see."""

    texts: dict[str, bytes]

    def note(self, where: str, text: bytes) -> None:
        self.texts[where] = self.texts.get(where, b"") + b"\n" + text

    def leaks(self) -> set[tuple[str, str]]:
        return {
            (where, secret)
            for where, text in self.texts.items()
            for form, secret in FORMS.items()
            if form.encode() in text
        }


def house(folder: Path, receiver: Receiver, form: str) -> tuple[commands.Site, dict[str, str]]:
    port = commands.free_port()
    (folder / "file-secret").write_text(FILE)
    text = YAML.format(
        port=port,
        format=form,
        url=receiver.url,
        url_tls=receiver.url.replace("http:", "https:"),
        query=QUERY,
        own=OWN,
        second=TOKENS[1],
        bearer=BEARER,
        header=HEADER,
        signing=[whsec(secret) for secret in SIGNING],
        basic=f'basic_auth: {{user: joe, password: "{PASSWORD}"}}',
        retry="retry: [0s, 0s]",
    )
    (folder / "gateway.yaml").write_text(text)
    site = commands.Site(folder, port)
    return site, commands.distribution(site, "careless", CARELESS) | {"TOKEN_1": TOKENS[0]}


def post(site: commands.Site, seen: Seen, path: str, body: bytes, headers: dict[str, str]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=commands.PATIENCE)
    connection.request("POST", path, body, {name: value.encode() for name, value in headers.items()})
    answer = connection.getresponse()
    seen.note(f"answer {answer.status}", str(answer.headers).encode() + answer.read())
    connection.close()


def raw(site: commands.Site, seen: Seen, request: bytes) -> None:
    with socket.create_connection(("127.0.0.1", site.port), timeout=commands.PATIENCE) as connection:
        connection.sendall(request)
        seen.note("answer to nonsense", connection.recv(65536))


def drive(site: commands.Site, seen: Seen, env: dict[str, str]) -> None:
    """Post everything that can go well or wrong."""
    right, basic = {"X-Token": TOKENS[0]}, base64.b64encode(f"joe:{TOKENS[1]}".encode()).decode()
    remove = capture("collections.remove.after").body
    failing = b'{"event":"error","hook":"h","backend":1,"args":[{"message":"x"}]}'
    for path, body, headers in (
        ("/cockpit/website", SAVE, right),
        ("/cockpit/website", remove, {"Authorization": f"Basic {basic}"}),
        ("/cockpit/website/filter", SAVE, right),
        ("/cockpit/website/planner", SAVE, right),
        ("/cockpit/website", failing, right),
        ("/cockpit/website", b"", right),
        ("/cockpit/website", b"{", right),
        ("/cockpit/website", SAVE, right | {"Content-Encoding": "gzip"}),
        ("/cockpit/website", SAVE, right | {"Content-Length": "1"}),
        ("/cockpit/website", SAVE, {"X-Token": TOKENS[0] + "x", "Authorization": f"Bearer {BEARER}"}),
        ("/cockpit/website", SAVE, {"X-Token": TOKENS[0], "Expect": f"{TOKENS[1]}"}),
        ("/cockpit/nobody", SAVE, right),
        (f"/nowhere?{QUERY}", SAVE, right),
    ):
        post(site, seen, path, body, headers)
    line, token = b"POST /cockpit/website HTTP/1.1\r\nHost: x\r\n", b"X-Token: " + TOKENS[0].encode()
    for request in (
        line + token + b"\0\r\n\r\n",
        line + token * 1000 + b"\r\n\r\n",
        line + (token + b"\r\n") * 200 + b"\r\n",
        line + b"Cookie " + token + b"\r\n\r\n",
        line + b" " + token + b"\r\n\r\n",
        token + b"\r\n\r\n",
        b"GET http://[" + token + b"/ HTTP/1.1\r\n\r\n",
        line + b"Content-Type: x\r\n" * 2 + token + b"\r\n\r\n",
        line + token + b"\r\nContent-Length: 5\r\n\r\nab",
        line + token,
    ):
        raw(site, seen, request)
    for arguments in (["send", "--event", "error"], ["send", "--event", "error", "--token", "wrong"]):
        result = site.run(*arguments, env=env)
        seen.note("send", result.stdout + result.stderr)


def look(site: commands.Site, seen: Seen, env: dict[str, str]) -> None:
    """Ask every command and page."""
    lists = {name: site.json(name, "list") for name in ("events", "deliveries", "dead-letters", "endpoints", "plugins")}
    seen.note("lists", json.dumps(lists, ensure_ascii=False).encode())
    for event in lists["events"]["events"]:
        seen.note("events show", json.dumps(site.here("events", "show", event["id"]), ensure_ascii=False).encode())
    for delivery in lists["deliveries"]["deliveries"]:
        shown = site.here("deliveries", "show", delivery["id"])
        seen.note("deliveries show", json.dumps(shown, ensure_ascii=False).encode())
    for arguments in (
        ["deliveries", "list"],
        ["endpoints", "show", "failing"],
        ["endpoints", "test", "failing"],
        ["plugins", "list"],
        ["check"],
        ["schema"],
    ):
        result = site.run(*arguments, env=env)
        seen.note(" ".join(arguments[:2]), result.stdout + result.stderr)
    for path in ("/metrics", "/healthz", "/readyz"):
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=commands.PATIENCE)
        connection.request("GET", path)
        seen.note(path, connection.getresponse().read())
        connection.close()


def spoil(site: commands.Site, seen: Seen, env: dict[str, str]) -> None:
    """Show the configuration with mistakes beside, above and in its secrets."""
    text, spoilt = site.config.read_text(), []
    for number, (old, new) in enumerate(MISTAKES):
        assert old in text
        spoilt.append(site.folder / f"spoilt-{number}.yaml")
        spoilt[-1].write_text(text.replace(old, new))
    result = site.run("check", "--json", *spoilt, env=env)
    assert not any(file["ok"] for file in json.loads(result.stdout)["files"])
    seen.note("check --json", result.stdout + result.stderr)
    for command in (["check", *spoilt], ["run", "--config", spoilt[0]]):
        result = site.run(*command, env=env)
        assert result.returncode == 2, result
        seen.note(command[0], result.stdout + result.stderr)


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_secret_shows_anywhere(tmp_path: Path, receiver: Receiver, form: str) -> None:
    site, env = house(tmp_path, receiver, form)
    seen = Seen({})
    with site.daemon(env) as process:
        drive(site, seen, env)
        commands.eventually(lambda: len(site.deliveries("--state", "dead")) >= 5)
        look(site, seen, env)
        for name in ("cmdline", "comm"):
            seen.note("ps", Path(f"/proc/{process.pid}/{name}").read_bytes())
    spoil(site, seen, env)
    seen.note("log", (tmp_path / "log").read_bytes())
    for file in tmp_path.glob("gateway.db*"):
        seen.note("store", file.read_bytes())
    assert receiver.requests
    assert b"about to fail" in seen.texts["log"]
    assert b"RuntimeError" in seen.texts["log"]
    assert seen.leaks() == set()
