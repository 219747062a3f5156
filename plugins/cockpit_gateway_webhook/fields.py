"""The kinds of values in an endpoint's settings, each with what it refuses and how to cure it."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from cockpit_gateway.config import Secret
from cockpit_gateway_webhook.signing import decode_secret

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A header's name (RFC 9110 section 5.6.2)."""

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")

_OWN_HEADERS = {
    "host": "it follows from the url",
    "content-length": "it follows from the body",
    "transfer-encoding": "the gateway frames the body",
    "connection": "the gateway keeps the connections",
    "expect": "the gateway sends the body at once",
    "content-type": "write it as content_type",
}


def _check_header_name(name: str) -> str:
    if not _TOKEN.fullmatch(name):
        raise ValueError(f"{name!r} is no header name: letters, digits and hyphens make one")
    reason = _OWN_HEADERS.get(name.lower())
    if name.lower().startswith("webhook-"):
        reason = "Standard Webhooks gives the webhook-… headers their meaning"
    if reason:
        raise ValueError(f"{name} cannot be set here: {reason}")
    return name


def _check_header_value(value: Secret) -> Secret:
    if _CONTROL.search(value.get_secret_value()):
        raise ValueError("a header's value is one line without control characters")
    return value


def _check_secret(secret: Secret) -> Secret:
    decode_secret(secret.get_secret_value())
    return secret


def _check_content_type(text: str) -> str:
    if not re.fullmatch(r"[\w.+-]+/[\w.+-]+( *; *[\w.-]+=[\w.\"-]+)*", text, re.ASCII):
        raise ValueError('a content type looks like "application/json" or "text/plain; charset=utf-8"')
    return text


HeaderName = Annotated[str, AfterValidator(_check_header_name)]
HeaderValue = Annotated[Secret, AfterValidator(_check_header_value)]
SigningSecret = Annotated[Secret, AfterValidator(_check_secret)]
ContentType = Annotated[str, AfterValidator(_check_content_type)]
