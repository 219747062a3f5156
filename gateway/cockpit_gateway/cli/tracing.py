"""`cockpit-gateway plugins trace`: a line per call of a hook."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

from cockpit_gateway.cli.client import Document, Query, connect
from cockpit_gateway.cli.output import err, out, print_text


def print_trace(query: Query, config: Path, *, as_json: bool) -> None:
    """Print calls as they end, until the gateway stops or somebody interrupts.

    Args:
        query: Which calls.
        config: The configuration file.
        as_json: True for a JSON object a line.

    Raises:
        GatewayError: no daemon runs.
    """

    async def show(lines: AsyncIterator[bytes]) -> None:
        async for line in lines:
            if line.strip():
                _print(json.loads(line), as_json=as_json)

    with connect(config, daemon_only=True) as client:
        if err.is_terminal:
            err.print("Waiting for calls; Ctrl-C ends this.", style="dim")
        try:
            client.read(show, "plugins", "trace", query=query)
        except KeyboardInterrupt:
            return
    err.print("The gateway has stopped.")


def _print(call: Document, *, as_json: bool) -> None:
    if as_json:
        print_text(json.dumps(call))
    else:
        if call["missed"]:
            print_text(f"… {call['missed']} calls are not shown: they came too fast", "dim")
        print_text(_line(call), "red" if call["error"] else "")
        for name, value in (call["arguments"] or {}).items():
            print_text(f"    {name} = {value}", "dim")
    out.file.flush()


def _line(call: Document) -> str:
    about = [call["event"], *(call["subjects"] or ())[:1]] if call["event"] is not None else []
    outcome = call["error"] or call["result"] or "ok"
    where = f" ({call['where']})" if call["where"] else ""
    time = call["began_at"][11:23]
    called = f"{call['plugin']}:{call['hook']}"
    return "  ".join([time, f"{1000 * call['seconds']:>9.1f} ms", called, *about, outcome + where])
