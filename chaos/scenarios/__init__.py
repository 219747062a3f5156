"""The scenarios, by name, in the order in which they are run."""

from collections.abc import Awaitable, Callable

from chaos.promises import Result, Scope
from chaos.scenarios import clock, cluster, descriptors, disk, dns, faults, kill, neighbours, restarts, stopped, upgrade

Scenario = Callable[[Scope], Awaitable[list[Result]]]

SCENARIOS: dict[str, Scenario] = {
    "kill": kill.run,
    "faults": faults.run,
    "neighbours": neighbours.run,
    "stopped": stopped.run,
    "restarts": restarts.run,
    "cluster": cluster.run,
    "upgrade": upgrade.run,
    "clock": clock.run,
    "dns": dns.run,
    "disk-full": disk.run_full,
    "read-only": disk.run_read_only,
    "descriptors": descriptors.run,
}
