"""That the requests of the page about the API are answered."""

from __future__ import annotations

import asyncio
import shlex
import subprocess
from pathlib import Path

from api_kit import CONFIG
from documents import Page

from cockpit_gateway.gateway import admin_socket_path
from cockpit_gateway.testing import StartGateway


async def test_its_requests_are_answered(gateway_tester: StartGateway) -> None:
    commands = [line for line in Page(Path("docs/how-to/use-the-api.md")).commands() if line.startswith("curl")]
    assert len(commands) == 4
    config = CONFIG.replace("first:", "search-index:")
    async with gateway_tester(config) as gateway:
        socket = str(admin_socket_path(gateway.gateway.settings))
        for command in commands:
            words = shlex.split(command.replace("data/gateway.sock", socket))
            process = await asyncio.create_subprocess_exec(*words, "--fail-with-body", stdout=subprocess.PIPE)
            answered, _ = await process.communicate()
            assert process.returncode == 0, (command, answered)
