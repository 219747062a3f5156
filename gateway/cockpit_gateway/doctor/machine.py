"""The machine: room on the disk, the clock, open files, versions."""

from __future__ import annotations

import ctypes
import platform
import resource
import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import cockpit_gateway
from cockpit_gateway.config.quantities import written_size
from cockpit_gateway.doctor.findings import Finding, Patient, fail, ok, warn
from cockpit_gateway.store.sqlite.reserve import LARGEST, PLENTY

OLDEST_SQLITE = (3, 37, 0)
"""The first with STRICT tables, which the store has."""

BESIDE_CONNECTIONS = 200
"""Files that are open beside the connections that come in: the store's, the log's, requests to endpoints."""

NOT_SYNCHRONISED = 5
"""TIME_ERROR of adjtimex(2)."""


def check_disk(patient: Patient) -> Iterator[Finding]:
    """Look at the room on the store's disk."""
    if patient.database is None:
        return
    directory = next(parent for parent in patient.database.parents if parent.exists())
    free = shutil.disk_usage(directory).free
    used = patient.database.stat().st_size if patient.database.exists() else 0
    room = f"{_about(free)} are free at {directory}"
    if free < LARGEST:
        yield fail("disk", room, "make room, or move the store: soon no event can be stored")
    elif free < PLENTY * LARGEST:
        yield warn("disk", f"{room}, too little to set a reserve aside", "make room, or move the store")
    elif free + used < patient.settings.retention.size:
        allowed = _about(patient.settings.retention.size)
        yield warn("disk", f"{room}, and retention.size allows {allowed}", "lower retention.size, or make room")
    else:
        yield ok("disk", room)


def check_clock(_patient: Patient | None = None) -> Iterator[Finding]:
    """Look at the clock: retries, retention and signatures go by it."""
    made = Path(cockpit_gateway.__file__).stat().st_mtime
    today = time.strftime("%Y-%m-%d %H:%M:%S %Z")
    if time.time() < made - 86400:
        cure = "set the clock, and keep it by NTP: `timedatectl set-ntp true`"
        yield fail("clock", f"it says {today}, before this program was installed", cure)
    elif is_synchronised() is False:
        cure = "keep it by NTP: `timedatectl set-ntp true`, or chrony; receivers refuse signatures of another time"
        yield warn("clock", f"it says {today}, and nothing keeps it right", cure)
    else:
        yield ok("clock", f"it says {today}")


def check_open_files(patient: Patient) -> Iterator[Finding]:
    """Look at how many files may be open, of the running gateway if there is one."""
    needed = patient.settings.server.max_connections * len(patient.listeners) + BESIDE_CONNECTIONS
    try:
        pid = 0 if patient.told.status is None else int(patient.told.status["pid"])
        allowed, _ = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    except (PermissionError, ProcessLookupError):
        allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed != resource.RLIM_INFINITY and allowed < needed:
        cure = f"allow {needed} (LimitNOFILE= of the unit, `ulimit -n`), or lower server.max_connections"
        yield warn("open files", f"{allowed} may be open, and the connections that may come need {needed}", cure)
    else:
        yield ok("open files", f"{allowed} may be open, {needed} may be needed")


def check_versions(_patient: Patient | None = None) -> Iterator[Finding]:
    """Look at Python and SQLite."""
    found = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        oldest = ".".join(map(str, OLDEST_SQLITE))
        yield fail("versions", found, f"use a Python that has SQLite {oldest} or newer")
    else:
        yield ok("versions", found)


def is_synchronised() -> bool | None:
    """Tell what the kernel says of the clock, None if it does not say: adjtimex(2) with nothing to change."""
    try:
        answer = int(ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(512)))
    except (OSError, AttributeError):
        return None
    return None if answer < 0 else answer != NOT_SYNCHRONISED


def _about(size: int) -> str:
    """Return a size in a unit that leaves a short number."""
    power = min(3, max(0, (size.bit_length() - 1) // 10))
    return written_size(size >> (10 * power) << (10 * power))
