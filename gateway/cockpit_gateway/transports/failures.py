"""Why a request, or another connection, brought no answer, in words for whoever reads the list of attempts.

A reason names the host at most: the rest of a URL may be secret.
"""

from __future__ import annotations

import os
import socket
import ssl

import aiohttp

from cockpit_gateway.egress.policy import ForbiddenAddressError
from cockpit_gateway.egress.socks import ProxyFailedError

_LONGEST_DETAIL = 200


def explain(error: Exception) -> str:
    """Return one line for an error of the HTTP client, or of a connection that `Channels.connect` made.

    Args:
        error: What was raised.

    Example:
        >>> explain(ConnectionResetError(104, "Connection reset by peer"))
        'connection reset by peer'
    """
    match error:
        case aiohttp.ClientConnectorDNSError():
            return f"name not found: {error.host}"
        case aiohttp.ClientConnectorCertificateError():
            return f"TLS certificate not valid: {_detail(error.certificate_error)}"
        case ProxyFailedError():
            return f"proxy: {_detail(error)}"
        case aiohttp.ClientProxyConnectionError():
            return f"proxy: {_of_connection(error.os_error)}"
        case aiohttp.ClientConnectorError():
            return _of_connection(error.os_error)
        case aiohttp.ClientHttpProxyError():
            return f"proxy: HTTP {error.status}"
        case aiohttp.ServerDisconnectedError():
            return "connection closed before an answer"
        case aiohttp.ClientResponseError():
            return f"not a valid HTTP answer: {_detail(error.message)}"
        case OSError():
            return _of_connection(error)
        case _:
            return type(error).__name__


def _of_connection(cause: OSError) -> str:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"TLS certificate not valid: {_detail(cause)}"
    return f"TLS handshake failed: {_detail(cause)}" if isinstance(cause, ssl.SSLError) else _of_system(cause)


def _of_system(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "name not found"
    if error.errno:
        return os.strerror(error.errno).lower()
    told = str(error) if isinstance(error, ForbiddenAddressError) else error.strerror
    return _detail(told) if told else type(error).__name__


def _detail(error: object) -> str:
    text = str(getattr(error, "verify_message", "") or getattr(error, "reason", "") or error)
    return " ".join(text.split())[:_LONGEST_DETAIL]
