"""One attempt: a program, started in a process group of its own and followed to the end of all of it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from subprocess import STDOUT, Popen
from typing import BinaryIO

from cockpit_gateway import Delivery, Event, Response, Retry
from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.config.discretion import Discretion
from cockpit_gateway.threads import WorkerThreads
from cockpit_gateway.transports import explain
from cockpit_gateway_exec.answers import settle
from cockpit_gateway_exec.facts import facts, inherited
from cockpit_gateway_exec.pipes import collecting, feeding
from cockpit_gateway_exec.settings import Command, find_program, search_path

GRACE = 2.0
"""Seconds from SIGTERM to SIGKILL; when the gateway stops, its second cancellation comes sooner."""

LONGEST_SECRET = 8 * 1024
"""Bytes that are looked at beyond those that are kept: a secret that is cut in two is not recognised."""


class Runner:
    """Makes the attempts of one command.

    Args:
        command: The command's settings.
        catalogue: Knows the arguments' names.
    """

    def __init__(self, command: Command, catalogue: Catalogue) -> None:
        self._command = command
        self._body = command.body_of(catalogue)
        self._discretion = Discretion([command])
        own = {name: value.get_secret_value() for name, value in command.environment.items()}
        self._environment = inherited(os.environ) | own
        self._room = command.output + LONGEST_SECRET
        self._threads = WorkerThreads("exec", command.concurrency)

    async def run(self, delivery: Delivery, events: Sequence[Event]) -> Response:
        """Run the command once.

        Args:
            delivery: The delivery.
            events: Oldest first.

        Returns:
            What it wrote, if it ended well.

        Raises:
            Retry: It could not be started, or ended in another way.
            Reject: It said that another attempt is of no use.
        """
        environment = self._environment | facts(delivery, events[-1])
        async with feeding(self._body(events)) as stdin, collecting(self._room) as (stdout, output):
            with stdout:
                process = self._start(environment, stdin, stdout)
            code = await self._end_of(process)
            response = await output.response()
        return settle(code, self._kept(response))

    def _start(self, environment: Mapping[str, str], stdin: BinaryIO, stdout: BinaryIO) -> Popen[bytes]:
        """Start the command; not by the event loop: uvloop lets it inherit whatever the gateway was started with."""
        program, *arguments = self._command.argv
        try:
            return Popen(  # noqa: S603 - the configuration's words, and no shell
                [find_program(program, search_path(self._command.environment)), *arguments],
                stdin=stdin,
                stdout=stdout,
                stderr=STDOUT,
                cwd=self._command.directory,
                env=environment,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            told = explain(error) if isinstance(error, OSError) else str(error)
            if isinstance(error, FileNotFoundError):
                told += ": its directory, or the interpreter that its first line names"
            raise Retry(f"{program} cannot be started: {told}") from error

    async def _end_of(self, process: Popen[bytes]) -> int:
        """Wait for a process, and end what is left of its group then; return the exit code.

        When this is cancelled, the group is asked to end, and is made to after a while or when it is cancelled again.
        """
        waiting = asyncio.ensure_future(self._threads.run(process.wait))
        try:
            await asyncio.wait([waiting])
        except asyncio.CancelledError:
            _signal_group(process, signal.SIGTERM)
            await asyncio.wait([waiting], timeout=GRACE)
            raise
        finally:
            _signal_group(process, signal.SIGKILL)
            await asyncio.wait([waiting])
        return process.returncode

    def _kept(self, response: Response) -> Response:
        """Return what is kept of the output, without the secrets of the environment."""
        text = response.body.decode("utf-8", "replace")
        hidden = self._discretion.out_of(text)
        body = response.body if hidden == text else hidden.encode()
        room = self._command.output
        return Response(None, body=body[:room], truncated=response.truncated or len(body) > room)


def _signal_group(process: Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
