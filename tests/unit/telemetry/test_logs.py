from __future__ import annotations

import json
import logging
from collections.abc import Generator

import pytest
import structlog

from cockpit_gateway.telemetry.logs import set_up_logging


@pytest.fixture(autouse=True)
def _restored() -> Generator[None]:
    root = logging.getLogger()
    handlers, level, config = root.handlers, root.level, structlog.get_config()
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.configure(**config)


def fail() -> None:
    password = "".join(("hun", "ter2"))
    raise ValueError("boom" if password else "")


@pytest.mark.parametrize("form", ["json", "console"])
def test_tracebacks_show_no_local_variables(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("info", form)  # type: ignore[arg-type]
    try:
        fail()
    except ValueError:
        structlog.get_logger("gateway").exception("it failed", event_id="e-1")
    shown = capsys.readouterr().err
    assert "boom" in shown
    assert "e-1" in shown
    assert "hunter2" not in shown


def test_libraries_logs_have_the_same_format(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("warning", "json")
    logging.getLogger("aiohttp.server").warning("from %s", "aiohttp")
    structlog.get_logger("ours").info("not shown")
    (line,) = capsys.readouterr().err.splitlines()
    record = json.loads(line)
    assert (record["message"], record["logger"], record["level"]) == ("from aiohttp", "aiohttp.server", "warning")
