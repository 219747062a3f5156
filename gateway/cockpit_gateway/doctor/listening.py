"""Where it listens: addresses that are free, certificates that hold, and what Cockpit is to be told."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from cockpit_gateway.config import Listen
from cockpit_gateway.doctor.findings import Finding, Patient, fail, ok, warn

SOON = timedelta(days=30)
"""A certificate that ends sooner is warned of."""

_CURES = {
    errno.EADDRINUSE: "end the other program, or choose another port",
    errno.EACCES: "choose a port from 1024 on, or give the gateway CAP_NET_BIND_SERVICE (the unit does)",
    errno.EADDRNOTAVAIL: "this machine has no such address: name one that it has",
}


def check_addresses(patient: Patient) -> Iterator[Finding]:
    """Look whether the addresses are free, or the running gateway's; nobody can tell if that cannot be asked."""
    if patient.told.problem is not None:
        return
    for setting, listen in patient.listeners.items():
        if patient.told.status is not None:
            yield ok(setting, f"{listen} is the running gateway's")
        elif listen.path is None:
            yield _bound(setting, listen)


def check_certificates(patient: Patient) -> Iterator[Finding]:
    """Look at the certificates of the listeners."""
    for setting, tls, listen in (
        ("server.tls", patient.settings.server.tls, patient.settings.server.listen),
        ("api.tls", patient.settings.api.tls, patient.settings.api.listen),
    ):
        if tls is not None:
            yield from certificate(setting, tls.cert, "" if listen is None else listen.host)


def check_sources(patient: Patient) -> Iterator[Finding]:
    """Say what to type into Cockpit."""
    server = patient.settings.server
    scheme = "http" if server.tls is None else "https"
    host = "HOST" if server.listen.host in ("0.0.0.0", "::") else server.listen.host  # noqa: S104 - as configured
    port = server.listen.port
    if not patient.settings.sources:
        yield warn("sources", "there is none, so that nothing can come in", "add one under `sources`")
    for name in patient.settings.sources:
        where = f"Cockpit's webhook posts to {scheme}://{host}:{port}{server.base_path}/cockpit/{name}"
        reach = ", from this machine alone" if server.listen.is_local else ""
        yield ok(f"source {name}", where + reach)


def certificate(about: str, path: Path, host: str) -> Iterator[Finding]:
    """Look at a certificate that is presented to others.

    Args:
        about: Whose it is.
        path: Its file, with its chain.
        host: The name that others use; an address or "" for none.
    """
    chain = x509.load_pem_x509_certificates(path.read_bytes())
    yield ends(about, chain[0])
    if not _is_chain(chain):
        yield fail(about, f"{path}: one certificate is not issued by the next", "put the chain in order: its own first")
    names = _names(chain[0])
    if host and names and not host.replace(".", "").isdigit() and ":" not in host and host not in names:
        yield warn(about, f"{path} is for {', '.join(names)}, not for {host}", "get one for the name that is used")


def ends(about: str, found: x509.Certificate) -> Finding:
    """Return when a certificate ends."""
    until = found.not_valid_after_utc
    when = f"the certificate is valid until {until:%Y-%m-%d}"
    if until < datetime.now(UTC):
        return fail(about, f"the certificate has ended on {until:%Y-%m-%d}", "renew it")
    if until < datetime.now(UTC) + SOON:
        return warn(about, when, "renew it, and see to it that it is renewed by itself")
    return ok(about, when)


def _bound(setting: str, listen: Listen) -> Finding:
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    try:
        with socket.create_server((listen.host, listen.port), family=family):
            return ok(setting, f"{listen} is free")
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        cure = _CURES.get(error.errno or 0, "name an address of this machine")
        return fail(setting, f"{listen} cannot be listened on: {reason.lower()}", cure)


def _is_chain(chain: Sequence[x509.Certificate]) -> bool:
    try:
        for issued, issuer in pairwise(chain):
            issued.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _names(found: x509.Certificate) -> list[str]:
    try:
        alternatives = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return alternatives.get_values_for_type(x509.DNSName)
