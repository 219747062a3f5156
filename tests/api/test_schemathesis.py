"""schemathesis tries the API by its description: every status, document and header has to be as described."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from api_kit import TOKEN
from documents import ROOT
from fuzzing import TIMES

from cockpit_gateway.testing import GatewayTester

CONFIG = ROOT / "tests" / "data" / "api" / "schemathesis.toml"
LEFT_OUT = ("trace_hooks", "create_endpoint", "replace_endpoint", "change_endpoint")
"""The first does not end; settings of endpoints depend on each other, and are tried in test_endpoints.py."""

SEED = "1" if TIMES == 1 else str(int.from_bytes(os.urandom(4)))


async def test_the_api_is_as_described(gateway: GatewayTester, tmp_path: Path) -> None:
    for _ in range(3):
        await gateway.fire("collections.save.after")
    options = {
        "--checks": "all",
        "--max-examples": str(3 * TIMES),
        "--seed": SEED,
        "--header": f"Authorization: Bearer {TOKEN}",
    }
    url = f"{gateway.gateway.listeners.api_address}/api/v1/openapi.json"
    process = await asyncio.create_subprocess_exec(
        *(Path(sys.executable).with_name("schemathesis"), "--config-file", CONFIG, "run", url),
        *(part for option in options.items() for part in option),
        *(part for name in LEFT_OUT for part in ("--exclude-operation-id", name)),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests"), "SCHEMATHESIS_HOOKS": "schemathesis_hooks"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
