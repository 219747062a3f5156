"""What an endpoint's settings refuse, where, and with what words."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from pydantic import ValidationError

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway_webhook import Config, Endpoint

CONTEXT = {"catalogue": Catalogue()}
LEAST: dict[str, Any] = {"url": "https://receiver.example.org/hook?token=s3cret", "events": ["collections.save.after"]}
SECRET = "whsec_" + base64.b64encode(bytes(32)).decode()


def endpoint(**settings: Any) -> Endpoint:
    """Return an endpoint with these settings beside the least that it needs."""
    return Endpoint.model_validate(LEAST | settings, context=CONTEXT)


def mistakes(**settings: Any) -> list[tuple[str, str]]:
    """Return where and what is wrong with these settings."""
    with pytest.raises(ValidationError) as refused:
        endpoint(**settings)
    assert "s3cret" not in str([error["msg"] for error in refused.value.errors()])
    return [
        (".".join(str(part) for part in error["loc"]), error["msg"].removeprefix("Value error, "))
        for error in refused.value.errors()
    ]


def test_least_endpoint() -> None:
    least = endpoint()

    assert (least.method, least.body, least.content_type, least.timeout) == ("POST", "cockpit", "application/json", 15)
    assert (least.active, least.ordered, least.key, least.concurrency) == (True, False, "subject", 10)
    assert (least.rate, least.coalesce, least.signing_secrets, least.when) == (None, None, [], None)


def test_no_endpoint_at_all_is_fine() -> None:
    assert Config.model_validate({}, context=CONTEXT).endpoints == {}


@pytest.mark.parametrize(
    ("settings", "where", "what"),
    [
        ({"url": "ftp://host/x"}, "url", "an endpoint's URL begins with http:// or https:// and names a host"),
        ({"url": "receiver.example.org"}, "url", "an endpoint's URL begins with http:// or https://"),
        ({"url": "https:///x"}, "url", "an endpoint's URL begins with http:// or https://"),
        ({"url": "https://host:99999/"}, "url", "not a valid URL"),
        ({"url": "https://a..b/"}, "url", "not a valid URL"),
        ({"url": f"https://{'a' * 64}.org/"}, "url", "not a valid URL"),
        ({"url": "https://host\r\nX: y/"}, "url", "not a valid URL"),
        ({"url": "https://ho\0st/"}, "url", "not a valid URL"),
        ({"url": "https://host/a b"}, "url", "not a valid URL"),
        ({"url": "https://joe:s3cret@host/"}, "url", "user and password do not belong there; use basic_auth"),
        ({"events": []}, "events", "at least 1 item"),
        ({"headers": {"Host": "x"}}, "headers.Host.[key]", "Host cannot be set here: it follows from the url"),
        ({"headers": {"content-LENGTH": "5"}}, "headers.content-LENGTH.[key]", "it follows from the body"),
        ({"headers": {"Content-Type": "a/b"}}, "headers.Content-Type.[key]", "write it as content_type"),
        ({"headers": {"Webhook-Id": "x"}}, "headers.Webhook-Id.[key]", "Standard Webhooks gives the webhook-…"),
        ({"headers": {"X Y": "x"}}, "headers.X Y.[key]", "'X Y' is no header name"),
        ({"headers": {"X\r\nY": "x"}}, "headers.X\r\nY.[key]", "is no header name"),
        ({"headers": {"X": "s3cret\r\nY: 1"}}, "headers.X", "one line without control characters"),
        ({"headers": {"X": "a\x00"}}, "headers.X", "one line without control characters"),
        ({"bearer": "s3cret\n"}, "bearer", "one line without control characters"),
        ({"basic_auth": {"user": "a:b", "password": "x"}}, "basic_auth.user", "match pattern"),
        (
            {"basic_auth": {"user": "a", "password": "s3cret"}, "bearer": "s3cret"},
            "bearer",
            "basic_auth and bearer exclude each other",
        ),
        ({"bearer": "x", "headers": {"authorization": "y"}}, "headers", "Authorization is given twice"),
        ({"secret": "s3cret"}, "secret", 'a secret begins with "whsec_"'),
        ({"secrets": [SECRET, "whsec_AAAA"]}, "secrets.1.secret", "a secret holds 24 to 64 bytes, this one 3"),
        ({"secret": SECRET, "secrets": [SECRET]}, "secrets", "secret and secrets exclude each other"),
        ({"secret": "whsk_AAAA"}, "secret", "an Ed25519 key holds 32 bytes, or 64 with the public key, this one 3"),
        (
            {"secrets": [{"secret": SECRET, "until": "2026-12-01T00:00:00Z"}]},
            "secrets",
            "after the last one nothing would be signed",
        ),
        ({"headers": {"X-Any": "s3cret\udcff"}}, "headers.X-Any", "one line without control characters"),
        ({"url": "http://①②⑦。0。0。1/"}, "url", "127.0.0.1 is a loopback address"),
        ({"url": "http://10.1.2.3/"}, "url", "10.1.2.3 is a private address, which needs allow_private"),
        (
            {"url": "http://0x7f.1/", "allow_private": ["10.0.0.0/8"]},
            "url",
            "127.0.0.1 is a loopback address, which needs to be in one of its networks",
        ),
        ({"url": "http://[fe80::1]/", "allow_private": True}, "url", "which is never allowed"),
        ({"allow_private": ["169.254.0.0/16"]}, "allow_private", "never allowed"),
        ({"proxy": "ftp://s3cret@host"}, "proxy", "begins with http://, https:// or socks5:// and names a host"),
        ({"proxy": "http://s3cret:x@169.254.1.1"}, "proxy", "169.254.1.1 is a link-local address"),
        ({"proxy": "http://s3cret%3Ax:y@host"}, "proxy", "a proxy's user and password are ASCII"),
        ({"proxy": "http://joe:s3cret%E2%82%AC@host"}, "proxy", "a proxy's user and password are ASCII"),
        ({"proxy": f"socks5://{'s3cret' * 50}:y@host"}, "proxy", "a proxy's user and password are ASCII"),
        ({"proxy": "http://s3cret@a..b"}, "proxy", "begins with http://, https:// or socks5:// and names a host"),
        ({"url": "http://receiver.example.org/", "tls": {}}, "", "tls is for https:// only"),
        ({"tls": {"ca": "/nowhere/ca.pem"}}, "tls", "ca: /nowhere/ca.pem: No such file or directory"),
        ({"tls": {"ca": __file__}}, "tls", "holds no certificate in PEM"),
        ({"tls": {"cert": __file__}}, "tls", "and its key cannot be used"),
        ({"tls": {"key": __file__}}, "tls.key", "it belongs to a certificate: add cert"),
        (
            {"bearer": "x", "oauth2": {"token_url": "https://x/", "client_id": "i", "client_secret": "s3cret"}},
            "oauth2",
            "oauth2 and bearer exclude each other",
        ),
        (
            {"oauth2": {"token_url": "http://127.0.0.1/", "client_id": "i", "client_secret": "s3cret"}},
            "oauth2",
            "127.0.0.1 is a loopback address",
        ),
        ({"content_type": "json"}, "content_type", "a content type looks like"),
        ({"content_type": "a/b\r\nX: y"}, "content_type", "a content type looks like"),
        ({"body": "template"}, "body", "one of them is missing"),
        ({"template": "x"}, "body", "one of them is missing"),
        ({"body": "template", "template": "\n{% if %}"}, "template", "line 2: Expected an expression"),
        ({"body": "template", "template": "{{ entyr.x }}"}, "template", "none of the events has an argument 'entyr'"),
        ({"body": "xml"}, "body", "'cockpit', 'standard' or 'template'"),
        ({"method": "GET"}, "method", "'POST', 'PUT', 'PATCH' or 'DELETE'"),
        ({"when": "event.collectian"}, "when", "line 1: event has no 'collectian'; did you mean 'collection'?"),
        ({"when": "entry.a ="}, "when", "line 1: expected token 'end of expression', got '='"),
        ({"when": True}, "when", "expected text; put it in quotes"),
        (
            {"when": "entyr.published"},
            "when",
            "collections.save.after has no argument 'entyr'; there are: entry, is_update, name",
        ),
        (
            {"events": ["collections.save.after", "collections.remove.after"], "when": "entry.published"},
            "when",
            "collections.remove.after has no argument 'entry'; there are: name, result",
        ),
        ({"events": ["collections.*"], "when": "data.x"}, "when", "collections.* has no argument 'data'"),
        ({"events": ["collections.save.after.*"], "when": "data.x"}, "when", "has no argument 'data'"),
        ({"events": ["cockpit.clearcache"], "when": "x"}, "when", "has no argument 'x'; there are none"),
        ({"key": "entyr.slug"}, "key", "collections.save.after has no argument 'entyr'"),
        ({"key": 5}, "key", "expected text; put it in quotes"),
        ({"timeout": "0s"}, "timeout", "greater than 0"),
        ({"concurrency": 0}, "concurrency", "greater than or equal to 1"),
        ({"coalesce": {"wait": "5m", "max_wait": "30s"}}, "coalesce.max_wait", "max_wait is less than wait"),
        ({"coalesce": {"wait": "5m", "max_wait": "30m", "keep": "all"}}, "coalesce.keep", "'last', 'first' or 'list'"),
        ({"secretz": "s3cret"}, "secretz", "not permitted"),
    ],
)
def test_mistakes_are_refused_where_they_stand(settings: dict[str, Any], where: str, what: str) -> None:
    ((location, message),) = mistakes(**settings)

    assert location == where
    assert what in message


def test_all_mistakes_are_told_at_once() -> None:
    found = mistakes(url="x", when="entyr", bearer="a\n", method="GET")

    assert [location for location, _ in found] == ["when", "url", "method", "bearer"]


@pytest.mark.parametrize(
    ("events", "when"),
    [
        (["collections.save.after", "forms.save.after"], "entry.published"),
        (["collections.save.after.posts"], "entry.published"),
        (["collections.*"], "result == 0"),
        (["collections.save.after"], "event.args[5].x"),
    ],
)
def test_conditions_over_what_the_events_have_are_taken(events: list[str], when: str) -> None:
    taken = endpoint(events=events, when=when).when

    assert taken is not None
    assert taken.source == when


def test_template_may_use_what_only_some_of_its_events_have() -> None:
    template = "{% if entry is defined %}{{ entry.title }}{% else %}{{ result }}{% endif %}"

    taken = endpoint(
        events=["collections.save.after", "collections.remove.after"], body="template", template=template
    ).template

    assert taken is not None
    assert taken.names == {"entry", "result"}


@pytest.mark.parametrize("name", ["", "a b", "a:b", "-a", "x" * 65, "a/b"])
def test_endpoint_names_are_fit_for_urls_and_command_lines(name: str) -> None:
    with pytest.raises(ValidationError, match="an endpoint's name has up to 64 letters"):
        Config.model_validate({"endpoints": {name: LEAST}}, context=CONTEXT)


def test_nothing_secret_is_shown() -> None:
    shown = repr(endpoint(bearer="s3cret-1", secrets=[SECRET], headers={"X-Key": "s3cret-2"})) + repr(
        endpoint(basic_auth={"user": "joe", "password": "s3cret-3"}, secret=SECRET)
    )

    assert "s3cret" not in shown
    assert SECRET not in shown


def test_settings_have_a_json_schema() -> None:
    schema = Config.model_json_schema()

    properties = schema["$defs"]["Endpoint"]["properties"]
    assert schema["$defs"]["Endpoint"]["required"] == ["events", "url"]
    assert {name for name, described in properties.items() if "description" not in described} == set()
    assert json.dumps(schema)


@pytest.mark.parametrize("https", ["url", "oauth2", "proxy"])
def test_tls_is_for_whatever_is_reached_by_https(https: str) -> None:
    plain, secure = "http://example.org/", "https://example.org/"
    urls = {name: secure if name == https else plain for name in ("url", "oauth2", "proxy")}
    oauth2 = {"token_url": urls["oauth2"], "client_id": "i", "client_secret": "s3cret"}
    assert endpoint(url=urls["url"], oauth2=oauth2, proxy=urls["proxy"], tls={}).tls


@pytest.mark.parametrize("password", [None, "s3cret"])
def test_a_key_whose_password_is_wrong_or_missing(tmp_path: Path, password: str | None) -> None:
    certificate = trustme.CA().issue_cert("gateway.test")
    key = load_pem_private_key(certificate.private_key_pem.bytes(), None)
    encryption = BestAvailableEncryption(b"another")
    (tmp_path / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    tls = {"cert": str(tmp_path / "cert.pem"), "key": str(tmp_path / "key.pem")}
    ((where, what),) = mistakes(tls=tls | ({"key_password": password} if password else {}))
    assert (where, what) == ("tls", f"{tls['cert']} and its key cannot be used: key_password is wrong or missing")
    assert endpoint(tls=tls | {"key_password": "another"}).tls
