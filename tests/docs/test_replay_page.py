"""That every command of the page about replaying works as it stands there."""

from __future__ import annotations

import asyncio
import shlex
from contextlib import chdir
from pathlib import Path

from commands import site
from documents import Page
from stores import accept
from typer.testing import CliRunner

from cockpit_gateway.cli.app import app
from cockpit_gateway.store import open_store

PAGE = Page(Path("docs/how-to/replay.md"))


async def make_store(folder: Path) -> None:
    store = open_store(f"sqlite:{folder}/gateway.db")
    await store.open()
    await accept(store)
    await store.close()


def test_its_commands_work(tmp_path: Path) -> None:
    endpoint = "rebuild-site: {url: https://builds.example.org/, events: [collections.save.after]}"
    site(tmp_path, f"sources: {{website: {{}}}}\nplugins: {{webhook: {{endpoints: {{{endpoint}}}}}}}\n")
    asyncio.run(make_store(tmp_path))
    commands = PAGE.commands()
    assert len(commands) > 10
    with chdir(tmp_path):
        for command in commands:
            program, *arguments = shlex.split(command)
            result = CliRunner(env={"COCKPIT_GATEWAY_CONFIG": None}).invoke(app, arguments)
            assert (program, result.exit_code) == ("cockpit-gateway", 0), (command, result.output)
