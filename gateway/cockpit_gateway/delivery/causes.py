"""Causes: which of a few words tells best why an attempt failed."""

from __future__ import annotations

import socket
import ssl
from http import HTTPStatus

import aiohttp

from cockpit_gateway.deliveries import Cause, Response
from cockpit_gateway.egress.policy import ForbiddenAddressError
from cockpit_gateway.egress.socks import ProxyFailedError
from cockpit_gateway.errors import Drop, Reject, Retry

KINDS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], Cause], ...] = (
    (ForbiddenAddressError, Cause.FORBIDDEN_ADDRESS),
    ((ProxyFailedError, aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError), Cause.PROXY),
    ((socket.gaierror, aiohttp.ClientConnectorDNSError), Cause.NAME_NOT_FOUND),
    ((ssl.SSLError, aiohttp.ClientSSLError), Cause.TLS),
    (TimeoutError, Cause.TIMEOUT),
    (ConnectionRefusedError, Cause.CONNECTION_REFUSED),
    ((ConnectionError, aiohttp.ClientError), Cause.CONNECTION_FAILED),
)
"""From the particular to the general."""


LONGEST_CHAIN = 10
"""Causes of causes that are looked at."""


def cause_of(error: BaseException, response: Response | None = None) -> Cause:
    """Return why an attempt failed.

    Args:
        error: What it raised; a transport raises Retry or Reject from what went wrong.
        response: What the target answered, if it did.

    Example:
        >>> cause_of(ConnectionRefusedError()).value
        'connection_refused'
    """
    answered = None if response is None else _cause_of_answer(response)
    if answered is not None:
        return answered
    chain = _chain(error)
    for kind, cause in KINDS:
        if any(isinstance(found, kind) for found in chain):
            return cause
    if isinstance(error, Retry):
        return Cause.ASKED
    return Cause.REJECTED if isinstance(error, Reject | Drop) else Cause.RAISED


def _cause_of_answer(response: Response) -> Cause | None:
    """Return what an answer's status stands for; None for the exit code of a program, or a status that is none."""
    match response.status:
        case HTTPStatus.TOO_MANY_REQUESTS:
            return Cause.ANSWERED_429
        case int(status) if 300 <= status < 600:
            return (Cause.ANSWERED_3XX, Cause.ANSWERED_4XX, Cause.ANSWERED_5XX)[status // 100 - 3]
        case _:
            return None


def _chain(error: BaseException) -> list[BaseException]:
    """Return an error, what caused it, and what the client of aiohttp wraps."""
    chain: list[BaseException] = []
    found: object = error
    while isinstance(found, BaseException) and len(chain) < LONGEST_CHAIN:
        chain.append(found)
        found = found.__cause__ or getattr(found, "os_error", None)
    return chain
