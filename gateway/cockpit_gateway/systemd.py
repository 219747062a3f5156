"""What systemd tells a service, and what it wants to be told (sd_listen_fds(3), sd_notify(3))."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TextIO

FIRST_DESCRIPTOR = 3
"""The first of the descriptors that systemd hands over."""


def activated_sockets() -> Sequence[socket.socket]:
    """Return the listening sockets of socket activation, none without it; they are told only once."""
    pid, count = os.environ.pop("LISTEN_PID", ""), os.environ.pop("LISTEN_FDS", "0")
    os.environ.pop("LISTEN_FDNAMES", None)
    if pid != str(os.getpid()) or not count.isdigit():
        return []
    return [adopt(FIRST_DESCRIPTOR + number) for number in range(int(count))]


def adopt(descriptor: int) -> socket.socket:
    """Return the socket of an inherited descriptor, no longer inherited by others."""
    found = socket.socket(fileno=descriptor)
    found.set_inheritable(False)
    return found


def notify(*lines: str) -> None:
    """Tell systemd something; without systemd, nothing happens.

    Args:
        lines: As "READY=1".
    """
    place = os.environ.get("NOTIFY_SOCKET", "")
    if not place:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as told:
        address = "\0" + place[1:] if place.startswith("@") else place
        told.settimeout(0)  # whoever does not read must not hold up the event loop
        with suppress(OSError):
            told.sendto("\n".join(lines).encode(), address)


def notify_reloading() -> None:
    """Tell systemd that the configuration is read anew, until it is told "READY=1"; see systemd.service(5), Type=."""
    notify("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")


def is_journal(stream: TextIO) -> bool:
    """Tell whether what is written to a stream goes to the journal (systemd.exec(5), `$JOURNAL_STREAM`)."""
    try:
        found = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"


async def keep_the_watchdog_quiet() -> None:
    """Tell systemd that the event loop goes round, as often as the unit's WatchdogSec wants."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    if not microseconds.isdigit():
        return
    while True:
        notify("WATCHDOG=1")
        await asyncio.sleep(int(microseconds) / 1_000_000 / 2)
