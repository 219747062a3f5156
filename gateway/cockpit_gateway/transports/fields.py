"""The kinds of values in the settings of a target, each with what it refuses and how to cure it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from ipaddress import ip_network
from typing import Annotated, Literal, TypeAlias, TypeVar

from pydantic import AfterValidator, PlainValidator, ValidationInfo
from yarl import URL

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.config import Secret
from cockpit_gateway.egress.addresses import Network, Reach, kind_of
from cockpit_gateway.egress.policy import OF_PROXIES, ForbiddenAddressError, NetworkPolicy
from cockpit_gateway.egress.socks import has_socks, is_socks
from cockpit_gateway.expressions import Expression, Template
from cockpit_gateway.matching import is_pattern

_Compiled = TypeVar("_Compiled", Expression, Template)

_NOT_IN_A_URL = re.compile(r"[\x00-\x20\x7f]")

_USER = re.compile(r"[\x20-\x39\x3b-\x7e]{0,255}")
_PASSWORD = re.compile(r"[\x20-\x7e]{0,255}")
"""What HTTP Basic (RFC 7617) and SOCKS5 (RFC 1929) both take."""


def _check_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        raise ValueError("an endpoint's name has up to 64 letters, digits, dots, hyphens and underscores")
    return name


def _check_url(text: str) -> str:
    url = _parsed(text)
    if url is None:
        raise ValueError("not a valid URL: no port has that number, no host that name, or there is a space in it")
    if url.scheme not in {"http", "https"} or not url.host or not url.port:
        raise ValueError("an endpoint's URL begins with http:// or https:// and names a host")
    if url.user is not None or url.password is not None:
        raise ValueError("a URL is shown in logs, so user and password do not belong there; use basic_auth")
    return text


def _check_secret_url(url: Secret) -> Secret:
    _check_url(url.get_secret_value())
    return url


def _check_proxy(proxy: Secret) -> Secret:
    url = _parsed(proxy.get_secret_value())
    if url is None or url.scheme not in {"http", "https", "socks5"} or not url.host:
        raise ValueError("a proxy's URL begins with http://, https:// or socks5:// and names a host")
    if not (_USER.fullmatch(url.user or "") and _PASSWORD.fullmatch(url.password or "")):
        raise ValueError("a proxy's user and password are ASCII, up to 255 characters each, the user without a colon")
    try:
        OF_PROXIES.check_host(url.host)
    except ForbiddenAddressError as error:
        raise ValueError(str(error)) from None
    if is_socks(proxy.get_secret_value()) and not has_socks():
        raise ValueError("a SOCKS proxy needs an extra: pip install 'cockpit-gateway[socks]'")
    return proxy


def _parsed(text: str) -> URL | None:
    """Return a URL, None if it is none or its host is no name that could be looked up."""
    try:
        url = URL(text)
        (url.raw_host or "").encode("idna")
    except ValueError:
        return None
    return None if _NOT_IN_A_URL.search(text) else url


def _check_allow_private(value: object) -> bool | tuple[Network, ...]:
    if isinstance(value, bool):
        return value
    if not isinstance(value, list | tuple):
        raise ValueError("expected true, false, or a list of networks such as 10.0.0.0/8")  # noqa: TRY004 - as above
    return tuple(_network(item) for item in value)


def _network(text: object) -> Network:
    try:
        network = ip_network(str(text))
    except ValueError as error:
        raise ValueError(f"{error}; write a network like 10.0.0.0/8") from None
    if kind_of(network.network_address).reach is Reach.NEVER:
        raise ValueError(f"{network} begins with {kind_of(network.network_address).name}, which is never allowed")
    return network


def _compile(kind: type[_Compiled]) -> Callable[[object], _Compiled]:
    def check(value: object) -> _Compiled:
        if isinstance(value, kind):
            return value
        if not isinstance(value, str):
            raise ValueError("expected text; put it in quotes")  # noqa: TRY004 - pydantic collects ValueErrors
        return kind(value)

    return check


def _check_key(value: object) -> LaneKey:
    return value if value in ("subject", "endpoint") else _compile(Expression)(value)


TargetName = Annotated[str, AfterValidator(_check_name)]
"""The name of an endpoint, or of what else a plugin delivers to."""

Url = Annotated[str, AfterValidator(_check_url)]
"""An http:// or https:// URL without user and password."""

SecretUrl = Annotated[Secret, AfterValidator(_check_secret_url)]
"""A `Url` whoever knows which may use it: it is never shown."""

ProxyUrl = Annotated[Secret, AfterValidator(_check_proxy)]
AllowPrivate = Annotated[
    bool | tuple[Network, ...], PlainValidator(_check_allow_private, json_schema_input_type=bool | list[str])
]
LaneKey: TypeAlias = Literal["subject", "endpoint"] | Expression
WhenSetting = Annotated[Expression, PlainValidator(_compile(Expression), json_schema_input_type=str)]
KeySetting = Annotated[LaneKey, PlainValidator(_check_key, json_schema_input_type=str)]
TemplateSetting = Annotated[Template, PlainValidator(_compile(Template), json_schema_input_type=str)]
"""A sandboxed Jinja template, compiled; check its names with `refuse_unknown`."""


def refuse_undeclared(names: frozenset[str], events: Iterable[str], catalogue: Catalogue) -> None:
    """Refuse an expression that uses an argument which one of its events does not have.

    Args:
        names: The names that the expression uses.
        events: The endpoint's events; of a pattern, at least one match has to have the argument.
        catalogue: Knows the arguments. An event that it does not know may have any.

    Raises:
        ValueError: Naming the event, the argument, and what there is.
    """
    for event in events:
        known = _arguments(event, catalogue)
        missing = sorted(names - known) if known is not None else []
        if missing:
            raise ValueError(f"{event} has no argument {missing[0]!r}; {_listed(known)}")


def refuse_unknown(names: frozenset[str], events: Iterable[str], catalogue: Catalogue) -> None:
    """Refuse a template that uses an argument which none of its events has; it can ask `{% if entry is defined %}`.

    Args:
        names: The names that the template uses.
        events: The endpoint's events.
        catalogue: Knows the arguments. An event that it does not know may have any.

    Raises:
        ValueError: Naming the argument, and what there is.
    """
    known: set[str] = set()
    for event in events:
        arguments = _arguments(event, catalogue)
        if arguments is None:
            return
        known |= arguments
    missing = sorted(names - known - {"events"})
    if missing:
        raise ValueError(f"none of the events has an argument {missing[0]!r}; {_listed(known)}")


def refuse_forbidden(host: str, info: ValidationInfo) -> None:
    """Refuse a host that is written as an address where the settings' `allow_private` lets no request go.

    Args:
        host: A name, which passes, or an address in any spelling.
        info: What a pydantic validator is given; `allow_private` stands before the field that it checks.

    Raises:
        ValueError: Naming the address, and what would allow it.
    """
    try:
        NetworkPolicy(info.data.get("allow_private", False)).check_host(host)
    except ForbiddenAddressError as error:
        raise ValueError(str(error)) from None


def _arguments(event: str, catalogue: Catalogue) -> set[str] | None:
    entries = catalogue.matching(event) if is_pattern(event) else ()
    match = catalogue.match(event)  # also of "collections.save.after.*", as the variant of a collection called "*"
    if match is not None:
        entries += (match.entry,)
    return {name for entry in entries for name in entry.parameters} if entries else None


def _listed(arguments: set[str] | None) -> str:
    return f"there are: {', '.join(sorted(arguments))}" if arguments else "there are none"
