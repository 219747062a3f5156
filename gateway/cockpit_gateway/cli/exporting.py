"""Events that are written to a file."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from cockpit_gateway.cli.bulk import counted
from cockpit_gateway.cli.client import Client, Query, connect
from cockpit_gateway.cli.options import find_config
from cockpit_gateway.cli.output import err
from cockpit_gateway.errors import GatewayError


def export_events(query: Query, target: Path | None, config: Path | None) -> None:
    """Write the events that a filter finds, a JSON object a line.

    Args:
        query: Which events.
        target: The file to make, for its owner alone; None for standard output.
        config: The configuration file as it was named.

    Raises:
        GatewayError: the file exists already, or the gateway stopped in the middle.
    """
    with connect(find_config(config)) as client:
        if target is None:
            _write(client, query, sys.stdout.buffer)
            return
        with _made(target) as out:
            count = _write(client, query, out)
    err.print(f"Wrote {counted(count, 'event')} to {target}.", soft_wrap=True)


def _write(client: Client, query: Query, out: BinaryIO) -> int:
    async def write(lines: AsyncIterator[bytes]) -> int:
        count = 0
        async for line in lines:
            out.write(line)
            count += 1
            status.update(f"export: {counted(count, 'event')}")
        return count

    with err.status("export") as status:
        count = client.read(write, "events", "export", query=query)
    out.flush()
    return count


@contextmanager
def _made(target: Path) -> Generator[BinaryIO]:
    """Give a file to write; it is there under its name once all is written."""
    if target.exists():
        raise GatewayError(f"{target} exists already; name a file that does not")
    partial = target.with_name(f"{target.name}.partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as out:
            yield out
        partial.rename(target)
    finally:
        partial.unlink(missing_ok=True)
