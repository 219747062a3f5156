"""Each way in which a receiver misbehaves: noted as what it is, and delivered when the receiver is well again."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from bench.processes import free_port

from chaos.certificates import Authority
from chaos.daemon import Daemon, endpoint, started
from chaos.poster import Poster
from chaos.promises import Result, Scope, all_accepted, eventually
from chaos.receiver import BEHAVIOURS, Receiver, receiving

EVENTS = 5
EXPECTED = {
    "refuses": "connection refused",
    "wrong-name": "TLS certificate not valid",
    "expired": "TLS certificate not valid",
    "reset": "connection",
    "hang-before-headers": "not finished within",
    "hang-after-headers": None,
    "trickle": "not finished within",
    "gigabyte": None,
    "redirect-loop": "HTTP 307",
    "broken-chunks": "",
    "garbage": "not a valid HTTP answer",
    "429": "HTTP 429",
    "410": "HTTP 410",
    "500": "HTTP 500",
    "500-then-200": "HTTP 500",
    "closes-idle": None,
}
"""How the reason of a failed attempt begins, by behaviour; None if it is delivered all the same."""

FAILING = [name for name, reason in EXPECTED.items() if reason is not None]


async def run(scope: Scope) -> list[Result]:
    """Try all of them at once, each at an endpoint of its own."""
    with scope.scratch() as scratch:
        authority = Authority(scratch)
        async with AsyncExitStack() as stack:
            receivers = {name: await stack.enter_async_context(sick(name, authority)) for name in EXPECTED}
            endpoints = [
                endpoint(name, receiver.url(name, host_of(name)), "timeout: 1s") for name, receiver in receivers.items()
            ]
            daemon = await stack.enter_async_context(
                started(Daemon(scratch, endpoints, environment=authority.environment))
            )
            poster = Poster(daemon.port)
            for _ in range(EVENTS):
                await poster.post()
            scope.tell("waiting for the failures")
            await eventually(lambda: len(_reasons(daemon)) == len(FAILING), 60.0)
            reasons = _reasons(daemon)
            for name, receiver in receivers.items():
                await heal(receiver, name, authority)
            await daemon.command("endpoints", "enable", "410")
            dead = await _replay(daemon, "410")
            scope.tell("waiting for the deliveries")
            return [
                _result(
                    name,
                    reasons.get(name),
                    dead if name == "410" else 0,
                    await all_accepted(poster.acknowledged, _accepted(receiver, name), 60.0),
                )
                for name, receiver in receivers.items()
            ]


async def _replay(daemon: Daemon, name: str) -> int:
    """Deliver an endpoint's dead letters again, as a person would; return how many there were.

    410 says that the receiver wants nothing more: what was answered so is given up, the rest is held.
    """
    listed = await daemon.command("dead-letters", "list", "--endpoint", name, "--json")
    await daemon.command("dead-letters", "replay", "--endpoint", name, "--yes")
    return len(json.loads(listed)["deliveries"])


def _result(name: str, reason: str | None, replayed: int, lost: set[int]) -> Result:
    again = f"; {replayed} replayed by hand" if replayed else ""
    return Result(
        f"receiver: {name}",
        "told what it is; delivered when it is well again",
        f"{reason or 'delivered all the same'}{again}; {len(lost)} of {EVENTS} lost",
        not lost and (reason is None) == (name not in FAILING) and (reason or "").startswith(EXPECTED[name] or ""),
    )


def _reasons(daemon: Daemon) -> dict[str, str]:
    """Return why the first attempts failed, by endpoint."""
    logged = [json.loads(line) for line in daemon.log.splitlines() if '"attempt":' in line]
    return {line["target"].partition(":")[2]: line["reason"] for line in reversed(logged)}


def _accepted(receiver: Receiver, path: str) -> Callable[[], set[int]]:
    return lambda: receiver.accepted(path)


def host_of(behaviour: str) -> str:
    """Return the host by which a receiver is named: for a certificate it has to be a name."""
    return "localhost" if behaviour in ("wrong-name", "expired") else "127.0.0.1"


@asynccontextmanager
async def sick(behaviour: str, authority: Authority) -> AsyncIterator[Receiver]:
    """Run a receiver with a behaviour, which may also be in how it listens, or that it does not."""
    if behaviour in BEHAVIOURS or behaviour == "mixed":
        async with receiving() as receiver:
            yield receiver
        return
    receiver = Receiver()
    if behaviour == "refuses":
        receiver.port = free_port()
    elif behaviour == "wrong-name":
        await receiver.listen(tls=authority.context("elsewhere.example.org"))
    else:
        await receiver.listen(tls=authority.context("localhost", expired=True))
    try:
        yield receiver
    finally:
        await receiver.close()


async def heal(receiver: Receiver, behaviour: str, authority: Authority) -> None:
    """Make a receiver behave."""
    receiver.heal()
    if behaviour in BEHAVIOURS or behaviour == "mixed":
        return
    await receiver.close()
    await receiver.listen(receiver.port, tls=None if behaviour == "refuses" else authority.context("localhost"))
