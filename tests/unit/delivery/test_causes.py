from __future__ import annotations

import socket
import ssl

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from cockpit_gateway.deliveries import Cause, Response
from cockpit_gateway.delivery.causes import cause_of
from cockpit_gateway.egress.policy import ForbiddenAddressError
from cockpit_gateway.errors import Drop, Reject, Retry

KEY = ConnectionKey("localhost", 443, True, True, None, None, None)


def connecting(error: OSError) -> aiohttp.ClientConnectorError:
    return aiohttp.ClientConnectorError(KEY, error)


def put_off(cause: Exception) -> Retry:
    """As a transport raises it."""
    error = Retry("in words")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (put_off(connecting(ConnectionRefusedError(111, "no"))), Cause.CONNECTION_REFUSED),
        (put_off(connecting(ForbiddenAddressError("10.0.0.1 is private"))), Cause.FORBIDDEN_ADDRESS),
        (put_off(connecting(OSError(113, "no route to host"))), Cause.CONNECTION_FAILED),
        (put_off(aiohttp.ClientConnectorDNSError(KEY, socket.gaierror(-2, "unknown"))), Cause.NAME_NOT_FOUND),
        (put_off(aiohttp.ClientConnectorCertificateError(KEY, ssl.SSLCertVerificationError())), Cause.TLS),
        (put_off(aiohttp.ClientConnectorSSLError(KEY, ssl.SSLError(1, "bad"))), Cause.TLS),
        (put_off(aiohttp.ServerDisconnectedError()), Cause.CONNECTION_FAILED),
        (put_off(ConnectionResetError()), Cause.CONNECTION_FAILED),
        (put_off(aiohttp.ClientProxyConnectionError(KEY, ConnectionRefusedError())), Cause.PROXY),
        (put_off(aiohttp.SocketTimeoutError()), Cause.TIMEOUT),
        (TimeoutError(), Cause.TIMEOUT),
        (Retry("later"), Cause.ASKED),
        (Reject("no"), Cause.REJECTED),
        (Drop("a filter's"), Cause.REJECTED),
        (ValueError("a bug"), Cause.RAISED),
        (SystemExit(), Cause.RAISED),
    ],
)
def test_what_went_wrong_is_one_of_a_few_words(error: BaseException, cause: Cause) -> None:
    assert cause_of(error) is cause


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (301, Cause.ANSWERED_3XX),
        (404, Cause.ANSWERED_4XX),
        (429, Cause.ANSWERED_429),
        (503, Cause.ANSWERED_5XX),
        (1, Cause.ASKED),
        (None, Cause.ASKED),
        (999, Cause.ASKED),
    ],
)
def test_an_answer_counts_by_its_class(status: int | None, cause: Cause) -> None:
    assert cause_of(Retry("answered"), Response(status)) is cause


def test_causes_that_go_in_a_circle_end() -> None:
    one, other = ValueError(), ValueError()
    one.__cause__, other.__cause__ = other, one
    assert cause_of(one) is Cause.RAISED
