"""The listener's certificate."""

from __future__ import annotations

import ssl
from pathlib import Path

from pydantic import Field

from cockpit_gateway.config.base import PluginConfig


class Tls(PluginConfig):
    """A certificate and its private key, as PEM files."""

    cert: Path = Field(description="The certificate, and after it those between it and the authority's.")
    key: Path = Field(description="Its private key, not encrypted.")


class TlsError(ValueError):
    """A certificate that cannot be used.

    Args:
        setting: "cert" or "key": where the mistake is.
        message: What is wrong, and what to do.
    """

    def __init__(self, setting: str, message: str) -> None:
        super().__init__(message)
        self.setting = setting


def server_context(tls: Tls) -> ssl.SSLContext:
    """Return what a listener needs: TLS 1.2 at least.

    Args:
        tls: The files.

    Raises:
        TlsError: they cannot be read, or do not belong together.
    """
    _require_pem(tls.cert, "cert", b"CERTIFICATE-----", "certificate")
    _require_pem(tls.key, "key", b"PRIVATE KEY-----", "private key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(tls.cert, tls.key, _no_password)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise TlsError("key", f"{tls.key} is not the key of the certificate in {tls.cert}") from None
        raise TlsError("cert", f"{tls.cert} and {tls.key} cannot be used: {error.reason or 'not valid PEM'}") from None
    return context


def _require_pem(path: Path, setting: str, mark: bytes, what: str) -> None:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TlsError(setting, f"{path} cannot be read: {error.strerror}") from None
    if mark not in content:
        raise TlsError(setting, f"{path} holds no {what} in PEM form (-----BEGIN …{mark.decode()})")
    if setting == "key" and b"ENCRYPTED" in content:
        raise TlsError(setting, f"{path} is encrypted; a daemon can ask nobody: openssl pkey -in {path} -out plain.pem")


def _no_password() -> str:
    return ""  # else OpenSSL would ask for it on the terminal
