"""Certificates for receivers: a good one, one of another name, one that has expired."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme


class Authority:
    """A certificate authority that the daemon trusts.

    Args:
        directory: Where its certificate is written.
    """

    def __init__(self, directory: Path) -> None:
        self._authority = trustme.CA()
        self._file = directory / "ca.pem"
        self._authority.cert_pem.write_to_path(self._file)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make a process trust it."""
        return {"SSL_CERT_FILE": str(self._file)}

    def context(self, name: str, *, expired: bool = False) -> ssl.SSLContext:
        """Return the TLS settings of a server.

        Args:
            name: The host name or address in its certificate.
            expired: True for a certificate that ended yesterday.
        """
        yesterday = datetime.now(UTC) - timedelta(days=1)
        issued = self._authority.issue_cert(
            name,
            not_before=yesterday - timedelta(days=9) if expired else None,
            not_after=yesterday if expired else None,
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issued.configure_cert(context)
        return context
