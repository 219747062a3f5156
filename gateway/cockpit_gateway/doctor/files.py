"""Who may read what is secret, and whether the store can be written."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from cockpit_gateway.doctor.findings import Finding, Patient, fail, ok, warn
from cockpit_gateway.gateway import admin_socket_path
from cockpit_gateway.sealing import key_file


def check_files(patient: Patient) -> Iterator[Finding]:
    """Look at the store's files, the key, the admin socket, and the files that `!file` names."""
    database = patient.database
    if database is not None:
        yield _writable(database)
        beside = (database, *(database.with_name(database.name + end) for end in ("-wal", "-shm", ".lock")))
        yield from _private("store", beside)
    yield from _private("key", [key_file(patient.settings)], group=False)
    yield from _private("admin socket", [admin_socket_path(patient.settings)])
    yield from _private("!file", sorted(patient.file.secret_files))


def _writable(database: Path) -> Finding:
    directory = next(parent for parent in database.parents if parent.exists())
    if not os.access(directory, os.W_OK | os.X_OK):
        cure = f"run this as the gateway's user; if you did: chown it to that user, or `chmod u+rwx {directory}`"
        return fail("store", f"{directory} cannot be written by this user", cure)
    if database.exists() and not os.access(database, os.R_OK | os.W_OK):
        return fail("store", f"{database} cannot be written by this user", "run this as the gateway's user")
    return ok("store", f"{directory} can be written")


def _private(
    about: str, paths: Iterator[Path] | list[Path] | tuple[Path, ...], *, group: bool = True
) -> Iterator[Finding]:
    """Yield who else may read files that are for the gateway's user alone, or if that is meant, for its group."""
    for path in paths:
        try:
            mode = path.stat().st_mode
        except FileNotFoundError:
            continue
        except OSError as error:
            yield fail(about, f"{path} cannot be looked at: {error.strerror}", "run this as the gateway's user")
            continue
        shown = f"{path} has the mode {stat.S_IMODE(mode):04o}"
        if mode & 0o007:
            yield fail(about, f"{shown}: everybody on this machine gets at it", f"chmod go-rwx {path}")
        elif mode & 0o070 and not group:
            yield fail(about, f"{shown}: its group gets at it, so the gateway does not use it", f"chmod go-rwx {path}")
        elif mode & 0o070:
            yield warn(about, f"{shown}: its group gets at it", f"chmod g-rwx {path}, unless that is meant")
        else:
            yield ok(about, shown)
