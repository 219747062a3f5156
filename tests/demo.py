"""A demonstration: the installed gateway between recorded Cockpit events and a local receiver, in a few seconds.

Starts `cockpit-gateway run` on a scratch store, sends it real captured events, and shows each delivery arrive, its
signature verified by the independent `standardwebhooks` package. One endpoint fails twice before it succeeds.
Exits with 0 only if everything came about as expected. `make demo` runs it.
"""

from __future__ import annotations

import asyncio
import base64
import json
import random
import signal
import socket
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from rich.console import Console
from rich.table import Table
from standardwebhooks import Webhook, WebhookVerificationError

from cockpit_gateway.testing.captures import FOLDER as CAPTURES

COMMAND = str(Path(sys.executable).with_name("cockpit-gateway"))
TIME_LIMIT = 20.0
FAILING, FAILURES = "search-index", 2
MASKED = "***"
"""What the redact plugin leaves of a secret."""

RECORDED = {
    "collections.save.after.json": ("rebuild-site", "search-index", "audit-log"),
    "collections.remove.after.json": ("rebuild-site", "search-index", "audit-log"),
    "singleton.saveData.after.json": ("rebuild-site", "audit-log"),
    "forms.save.after.json": ("audit-log",),
    "odd/unicode.json": ("rebuild-site", "search-index", "audit-log"),
}
"""The recorded events that are sent, and the endpoints that each must reach."""

SECRETS = {
    name: "whsec_" + base64.b64encode(f"secret of {name}".ljust(24).encode()).decode()
    for name in ("rebuild-site", "search-index", "audit-log")
}

CONFIG = """\
server: {{listen: "127.0.0.1:{port}"}}
store: sqlite:{directory}/gateway.db
log: {{level: error}}
sources:
  website: {{tokens: [throwaway-token]}}
plugins:
  webhook:
    endpoints:
      rebuild-site:
        url: {receiver}/rebuild-site
        allow_private: true
        events: [collections.save.after, collections.remove.after, singleton.saveData.after]
        secret: {secrets[rebuild-site]}
      search-index:
        url: {receiver}/search-index
        allow_private: true
        events: [collections.save.after, collections.remove.after]
        secret: {secrets[search-index]}
        retry: [0s, 400ms, 800ms, 800ms]
      audit-log:
        url: {receiver}/audit-log
        allow_private: true
        events: ["collections.*", "singleton.*", "forms.*"]
        secret: {secrets[audit-log]}
        body: standard
"""

console = Console(highlight=False, soft_wrap=True)


@dataclass
class Receiver:
    """What the owners of the endpoints run: verifies signatures, and one of them fails at first."""

    tries: Counter[str] = field(default_factory=Counter[str])
    bodies: dict[str, str] = field(default_factory=dict[str, str])
    unverified: set[str] = field(default_factory=set[str])

    async def receive(self, request: web.Request) -> web.Response:
        """Answer one attempt, and show it."""
        endpoint, delivery = request.match_info["endpoint"], request.headers["webhook-id"]
        self.bodies[delivery] = body = await request.text()
        self.tries[delivery] += 1
        try:
            Webhook(SECRETS[endpoint]).verify(body, dict(request.headers))
        except WebhookVerificationError:
            self.unverified.add(delivery)
        status = 500 if endpoint == FAILING and self.tries[delivery] <= FAILURES else 200
        document = json.loads(body)
        self._show(endpoint, document.get("event") or document["type"], delivery, status)
        return web.Response(status=status)

    def _show(self, endpoint: str, event: str, delivery: str, status: int) -> None:
        colour = "green" if status < 300 else "yellow"
        signature = "[red]signature wrong[/]" if delivery in self.unverified else "signature verified"
        attempt = self.tries[delivery]
        console.print(f"  {endpoint:<13} {event:<26} attempt {attempt}  [{colour}]{status}[/]  {signature}")


async def main() -> int:
    """Run the demonstration; returns the exit code."""
    receiver = Receiver()
    async with asyncio.timeout(TIME_LIMIT):
        with tempfile.TemporaryDirectory(prefix="cockpit-gateway-demo-") as directory:
            async with listening(receiver) as url:
                config, address = write_config(Path(directory), url)
                async with daemon(config, address):
                    return await demonstrate(config, receiver)


async def demonstrate(config: Path, receiver: Receiver) -> int:
    """Send the events, wait until every delivery has ended, and judge."""
    console.print(f"\n[bold]Sending {len(RECORDED)} recorded events, as Cockpit would[/]")
    sent = await ask(config, "send", *(str(CAPTURES / name) for name in RECORDED))
    files = {answer["event"]: str(Path(answer["sent"]).relative_to(CAPTURES)) for answer in sent["answers"]}
    deliveries = await until_ended(config)
    console.print("\n[bold]What became of each delivery[/]")
    console.print(report(deliveries, files, receiver))
    problems = judge(deliveries, files, receiver)
    console.print("\n" + ("\n".join(f"[red]{problem}[/]" for problem in problems) or "[green]All as expected.[/]"))
    return 1 if problems else 0


async def until_ended(config: Path) -> list[dict[str, Any]]:
    """Return all deliveries, once as many as are expected have ended."""
    expected = sum(map(len, RECORDED.values()))
    while True:
        deliveries: list[dict[str, Any]] = (await ask(config, "deliveries", "list"))["deliveries"]
        if len(deliveries) >= expected and all(delivery["ended_at"] for delivery in deliveries):
            return sorted(deliveries, key=lambda delivery: (delivery["seq"], delivery["target"]))


def report(deliveries: list[dict[str, Any]], files: Mapping[str, str], receiver: Receiver) -> Table:
    """Return the table of what became of each delivery."""
    table = Table("event", "endpoint", "tries", "state", "signature", "body", box=None, padding=(0, 2, 0, 0))
    for delivery in deliveries:
        signature = "wrong" if delivery["id"] in receiver.unverified else "verified"
        file = files[delivery["event"]]
        body = kind_of_body(file, delivery, receiver)
        table.add_row(
            file.removesuffix(".json"),
            delivery["target"],
            str(delivery["attempts"]),
            delivery["state"],
            signature,
            body,
        )
    return table


def kind_of_body(file: str, delivery: dict[str, Any], receiver: Receiver) -> str:
    """Say what arrived: Cockpit's own bytes, these with secrets masked, or a Standard Webhooks object."""
    body = receiver.bodies.get(delivery["id"], "")
    if body == json.loads((CAPTURES / file).read_text())["request"]["body_text"]:
        return "as sent"
    if body.startswith('{"type":'):
        return "standard"
    return "masked" if MASKED in body else "unexpected"


def judge(deliveries: list[dict[str, Any]], files: Mapping[str, str], receiver: Receiver) -> list[str]:
    """Return what is not as expected."""
    expected = Counter((file, endpoint) for file, endpoints in RECORDED.items() for endpoint in endpoints)
    reached = Counter((files[delivery["event"]], delivery["target"]) for delivery in deliveries)
    problems = [f"{file} did not reach {endpoint}" for file, endpoint in expected - reached]
    problems += [f"{file} reached {endpoint} unexpectedly" for file, endpoint in reached - expected]
    problems += [f"a signature for {delivery} was wrong" for delivery in receiver.unverified]
    for delivery in deliveries:
        attempts = FAILURES + 1 if delivery["target"] == FAILING else 1
        if (delivery["state"], delivery["attempts"]) != ("delivered", attempts):
            problems.append(f"{delivery['id']} is {delivery['state']} after {delivery['attempts']} attempts")
        if kind_of_body(files[delivery["event"]], delivery, receiver) == "unexpected":
            problems.append(f"the body of {delivery['id']} is not Cockpit's")
        if receiver.tries[delivery["id"]] != attempts:
            problems.append(f"{delivery['id']} arrived {receiver.tries[delivery['id']]} times instead of {attempts}")
    return problems


def write_config(directory: Path, receiver: str) -> tuple[Path, str]:
    """Write the configuration; returns its path and the gateway's address."""
    port = free_port()
    path = directory / "gateway.yaml"
    path.write_text(CONFIG.format(port=port, directory=directory, receiver=receiver, secrets=SECRETS))
    return path, f"http://127.0.0.1:{port}"


@asynccontextmanager
async def listening(receiver: Receiver) -> AsyncGenerator[str]:
    """Serve the endpoints on a free port; gives their address."""
    app = web.Application()
    app.add_routes([web.post("/{endpoint}", receiver.receive)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def daemon(config: Path, address: str) -> AsyncGenerator[None]:
    """Run the gateway until it is ready, and stop it as a service manager does."""
    process = await asyncio.create_subprocess_exec(COMMAND, "run", "--config", config)
    try:
        await until_ready(process, address)
        console.print(f"[bold]The gateway listens on {address}[/], its store is {config.with_name('gateway.db')}")
        yield
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        code = await process.wait()
    if code != 0:
        raise SystemExit(f"the gateway ended with {code}")


async def until_ready(process: asyncio.subprocess.Process, address: str) -> None:
    """Wait until the gateway takes events."""
    async with aiohttp.ClientSession() as session:
        while process.returncode is None:
            try:
                async with session.get(f"{address}/readyz") as response:
                    if response.ok:
                        return
            except aiohttp.ClientConnectorError:
                await asyncio.sleep(0.02)
    raise SystemExit("the gateway did not start")


async def ask(config: Path, *arguments: str) -> dict[str, Any]:
    """Run a command of the gateway and return its JSON document."""
    process = await asyncio.create_subprocess_exec(
        COMMAND, *arguments, "--json", "--config", config, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    if process.returncode != 0:
        raise SystemExit(f"cockpit-gateway {arguments[0]} ended with {process.returncode}: {output.decode()}")
    document: dict[str, Any] = json.loads(output)
    return document


def free_port() -> int:
    """Return a port that nobody listens on, and that the system gives to nobody who asks for any port."""
    while True:
        port = random.randrange(10_000, 32_768)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
