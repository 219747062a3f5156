from __future__ import annotations

import asyncio
import importlib.util
import threading
from pathlib import Path

from structlog.testing import capture_logs

from cockpit_gateway.telemetry.metrics import Metrics
from cockpit_gateway.telemetry.stall import StallWatch

BLOCKING = """
def hold_the_loop(until):
    until.wait(10)
"""


async def test_the_code_that_holds_the_loop_is_named_while_it_does(tmp_path: Path) -> None:
    (tmp_path / "slow_plugin.py").write_text(BLOCKING)
    spec = importlib.util.spec_from_file_location("slow_plugin", tmp_path / "slow_plugin.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    metrics = Metrics("1")
    reported = threading.Event()
    metrics.stalled = reported.set  # type: ignore[method-assign]
    with capture_logs() as logs:
        watch = StallWatch(metrics, too_long=0.05)
        await asyncio.sleep(0)
        module.hold_the_loop(reported)
        await asyncio.to_thread(lambda: None)
        async with asyncio.timeout(10):
            while not logs:
                await asyncio.sleep(0.01)
        watch.stop()
    assert logs[0]["held_by"] == f"{tmp_path}/slow_plugin.py:3 in hold_the_loop"
