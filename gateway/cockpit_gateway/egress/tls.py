"""TLS towards a receiver: whom to believe, and with which certificate to prove who asks."""

from __future__ import annotations

import ssl
from pathlib import Path


def client_context(
    *, ca: Path | None, cert: Path | None, key: Path | None, key_password: str | None, verify: bool
) -> ssl.SSLContext:
    """Return a context for connections to a receiver; at least TLS 1.2.

    Args:
        ca: A bundle of certificates (PEM) to believe in place of the system's.
        cert: The gateway's own certificate with its chain (PEM), for receivers that ask for one (mTLS).
        key: Its key (PEM), None if it is in the same file.
        key_password: What the key is encrypted with.
        verify: False to believe any certificate.

    Raises:
        ValueError: a file cannot be read or is not what it should be; the text says which.
    """
    context = ssl.create_default_context() if ca is None else _believing(ca)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if cert is not None:
        _load(context, cert, key, key_password or "")
    return context


def _believing(ca: Path) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=_readable(ca, "ca"))
    except ssl.SSLError:
        raise ValueError(f"ca: {ca} holds no certificate in PEM") from None


def _load(context: ssl.SSLContext, cert: Path, key: Path | None, password: str) -> None:
    files = (_readable(cert, "cert"), None if key is None else _readable(key, "key"))
    try:
        # Without a password, OpenSSL would ask for one on the terminal.
        context.load_cert_chain(*files, password=password)
    except ssl.SSLError as error:
        encrypted = b"ENCRYPTED" in (key or cert).read_bytes()  # OpenSSL does not say it
        what = "key_password is wrong or missing" if encrypted else error.reason or "not PEM"
        raise ValueError(f"{cert} and its key cannot be used: {what}") from None


def _readable(path: Path, what: str) -> str:
    try:
        path.read_bytes()
    except OSError as error:
        raise ValueError(f"{what}: {path}: {error.strerror}") from None
    return str(path)
