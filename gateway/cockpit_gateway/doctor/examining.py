"""Examining: every check in turn; one that fails itself is a finding, too."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

from cockpit_gateway.config import ConfigFile
from cockpit_gateway.daemon import validate
from cockpit_gateway.doctor.database import check_database
from cockpit_gateway.doctor.files import check_files
from cockpit_gateway.doctor.findings import Finding, Patient, Told, fail, ok
from cockpit_gateway.doctor.gateway import check_daemon, check_endpoints, check_plugins
from cockpit_gateway.doctor.listening import check_addresses, check_certificates, check_sources
from cockpit_gateway.doctor.machine import check_clock, check_disk, check_open_files, check_versions
from cockpit_gateway.doctor.receivers import check_receivers
from cockpit_gateway.errors import GatewayError

WITHOUT_CONFIGURATION: tuple[Callable[[], Iterator[Finding]], ...] = (check_versions, check_clock)
CHECKS: tuple[Callable[[Patient], Iterator[Finding]], ...] = (
    check_daemon,
    check_plugins,
    check_endpoints,
    check_files,
    check_disk,
    check_open_files,
    check_addresses,
    check_certificates,
    check_sources,
)


async def examine(path: Path, told: Told, *, offline: bool = False) -> AsyncIterator[Finding]:
    """Yield what the checks find.

    Args:
        path: The configuration file.
        told: What the gateway says that runs.
        offline: True to connect to nobody.
    """
    for check in WITHOUT_CONFIGURATION:
        for finding in check():
            yield finding
    try:
        file = ConfigFile.read(path)
        config, registry, _ = validate(file)
    except GatewayError as error:
        first = str(error).partition("\n")[0]
        yield fail("configuration", first, "mend it; `cockpit-gateway check` shows every mistake, with its line")
        return
    yield ok("configuration", f"{path} is valid")
    patient = Patient(file, config, registry, told)
    for examination in CHECKS:
        for finding in _tried(examination, patient):
            yield finding
    if not offline:
        for connecting in (check_database, check_receivers):
            async for finding in connecting(patient):
                yield finding


def _tried(check: Callable[[Patient], Iterator[Finding]], patient: Patient) -> Iterator[Finding]:
    try:
        yield from check(patient)
    except (OSError, ValueError) as error:
        about = check.__name__.removeprefix("check_").replace("_", " ")
        yield fail(about, f"it cannot be looked at: {error}", "run this as the gateway's user")
