"""A host name that cannot be resolved for a while."""

from __future__ import annotations

import json
from pathlib import Path

from chaos.daemon import Daemon, endpoint, started
from chaos.poster import Poster
from chaos.promises import Result, Scope, all_accepted, eventually, lacking_mounts, unproven
from chaos.receiver import receiving

NAME = "receiver.chaos.invalid"


async def run(scope: Scope) -> list[Result]:
    """Deliver to a name that nobody knows yet."""
    promise = "tried again until the name is known; nothing is lost"
    if reason := lacking_mounts():
        return [unproven("dns", promise, reason)]
    with scope.scratch() as scratch:
        hosts = scratch / "hosts"
        hosts.write_text("127.0.0.1 localhost\n")
        # In a mount namespace of its own, the daemon sees this file as /etc/hosts.
        prefix = ["unshare", "--mount", "sh", "-c", f'mount --bind {hosts} /etc/hosts && exec "$@"', "sh"]
        async with receiving() as receiver:
            daemon = Daemon(scratch, [endpoint("named", receiver.url("ok", NAME))], prefix=prefix)
            async with started(daemon):
                poster = Poster(daemon.port)
                await poster.at_rate(20, 1.0)
                await eventually(lambda: '"attempt":' in daemon.log, 20.0)
                reason = _reason(daemon.log)
                _add(hosts, f"127.0.0.1 {NAME}\n")
                lost = await all_accepted(poster.acknowledged, lambda: receiver.accepted("ok"), 60.0)
    measured = f"{len(poster.acknowledged)} acknowledged meanwhile ({reason}); {len(lost)} lost"
    return [Result("dns", promise, measured, not lost and "name not found" in reason)]


def _reason(log: str) -> str:
    reasons = [json.loads(line)["reason"] for line in log.splitlines() if '"attempt":' in line]
    return str(reasons[0]) if reasons else "no attempt was logged"


def _add(path: Path, line: str) -> None:
    with path.open("a") as file:
        file.write(line)
