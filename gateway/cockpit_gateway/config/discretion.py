"""The last line of defence for secrets: what somebody else's code says is shown without those of the configuration."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, quote_plus, unquote

from pydantic import BaseModel, SecretBytes, SecretStr

from cockpit_gateway.config.hiding import SHORTEST
from cockpit_gateway.config.problems import HIDDEN
from cockpit_gateway.config.store import StoreUrl

_INSIDE = re.compile(r"whs(?:ec|k)_(?P<key>.+)|[a-z0-9]+://[^/@]*:(?P<password>.+)@[^@]*", re.DOTALL)
"""What alone is a secret too: the key of a signing secret, the password of a proxy's URL."""


class Discretion:
    """Hides the secrets of some settings in any text.

    Args:
        settings: The settings.

    Example:
        >>> class Config(BaseModel):
        ...     password: SecretStr
        >>> Discretion([Config(password="swordfish")]).out_of("login with swordfish failed")
        'login with *** failed'
    """

    def __init__(self, settings: Iterable[BaseModel]) -> None:
        self._found: set[str] = set()
        # By their first characters, the longest first. A pattern of all would be tried at each place of a text: with
        # the secrets of a thousand endpoints, that takes 9 ms for a line of the log.
        self._by_begin: dict[str, list[str]] = {}
        self.add(settings)

    def add(self, settings: Iterable[BaseModel]) -> None:
        """Hide the secrets of further settings, too."""
        self._found |= {form for model in settings for secret in _secrets(model) for form in _forms(secret)}
        by_begin: dict[str, list[str]] = {}
        for form in sorted((form for form in self._found if len(form) >= SHORTEST), key=len, reverse=True):
            by_begin.setdefault(form[:SHORTEST], []).append(form)
        self._by_begin = by_begin

    def out_of(self, text: str) -> str:
        """Return a text with `***` in place of each secret, however it is written: as it is, in JSON, a URL, base64."""
        begins = self._by_begin
        if not begins:
            return text
        shown: list[str] = []
        told = 0
        for at in [at for at in range(len(text) - SHORTEST + 1) if text[at : at + SHORTEST] in begins]:
            forms = begins[text[at : at + SHORTEST]] if at >= told else ()
            for form in (form for form in forms if text.startswith(form, at)):
                shown += text[told:at], HIDDEN
                told = at + len(form)
                break
        return "".join([*shown, text[told:]])


def _secrets(value: object) -> Iterator[str]:
    match value:
        case SecretStr():
            yield from _with_inner(value.get_secret_value())
        case StoreUrl():
            yield from value.passwords
        case SecretBytes():
            yield value.get_secret_value().decode("utf-8", "replace")
        case BaseModel():
            for name in type(value).model_fields:
                yield from _secrets(getattr(value, name))
        case Mapping():
            for inner in value.values():
                yield from _secrets(inner)
        case list() | tuple() | set() | frozenset():
            for inner in value:
                yield from _secrets(inner)
        case _:
            return


def _with_inner(secret: str) -> Iterator[str]:
    yield secret
    if found := _INSIDE.fullmatch(secret):
        yield from (unquote(part) for part in found.groups() if part)


def _forms(secret: str) -> Iterator[str]:
    yield from (secret, repr(secret)[1:-1], json.dumps(secret)[1:-1])
    yield from (quote(secret, safe=""), quote_plus(secret))
    if len(secret) >= SHORTEST:
        yield from _in_base64(secret.encode("utf-8", "replace"))


def _in_base64(secret: bytes) -> Iterator[str]:
    """Return what base64 makes of a secret behind anything: the characters that depend on nothing else."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + secret)
        bits = 8 * (before + len(secret))
        begin, end = (before * 8 + 5) // 6, bits // 6
        inner = encoded[begin:end].decode()
        yield from (inner, inner.translate(str.maketrans("+/", "-_")))
