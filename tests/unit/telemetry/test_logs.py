from __future__ import annotations

import json
import logging
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import structlog

from cockpit_gateway.telemetry.context import bound
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


def logged(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    (line,) = capsys.readouterr().err.splitlines()
    record: dict[str, Any] = json.loads(line)
    return record


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize("logger", [structlog.get_logger("gateway"), logging.getLogger("library")])
def test_tracebacks_show_no_local_variables(form: str, logger: Any, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("info", form)  # type: ignore[arg-type]
    try:
        fail()
    except ValueError:
        logger.exception("it failed")
    shown = capsys.readouterr().err
    assert "boom" in shown
    assert "it failed" in shown
    assert "hunter2" not in shown
    assert "\x1b" not in shown, "colours are for terminals"


def test_libraries_logs_have_the_same_format(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("warning", "json")
    with bound(request_id="r-1"):
        logging.getLogger("aiohttp.server").warning("from %s", "aiohttp")
    structlog.get_logger("ours").info("not shown")
    record = logged(capsys)
    assert (record["message"], record["logger"], record["level"]) == ("from aiohttp", "aiohttp.server", "warning")
    assert record["request_id"] == "r-1"
    assert record["timestamp"].endswith("Z")


def test_the_name_of_an_event_is_no_message(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("info", "json")
    with bound(event="collections.save.after", event_id="e-1"):
        structlog.get_logger("ours").info("taken", source="website")
    record = logged(capsys)
    assert record["message"] == "taken"
    assert (record["event"], record["event_id"], record["source"]) == ("collections.save.after", "e-1", "website")


def test_on_a_terminals_form_too(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("info", "console")
    with bound(event="collections.save.after"):
        structlog.get_logger("ours").info("taken")
    shown = capsys.readouterr().err
    assert "taken" in shown
    assert "event=collections.save.after" in shown


def test_what_repeats_is_all_shown_if_all_is_to_be_seen(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("debug", "json")
    for _ in range(3):
        structlog.get_logger("cockpit_gateway.anywhere").warning("it failed again")
    assert len(capsys.readouterr().err.splitlines()) == 3


def test_the_journal_is_told_priorities(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "journal").open("w+") as journal:
        monkeypatch.setattr("sys.stderr", journal)
        found = os.fstat(journal.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{found.st_dev}:{found.st_ino}")
        set_up_logging("info", "auto")
        structlog.get_logger("ours").error("bad")
        structlog.get_logger("ours").info("good")
        monkeypatch.setenv("JOURNAL_STREAM", "1:1")  # that of the shell that started us
        set_up_logging("info", "auto")
        structlog.get_logger("ours").info("elsewhere")
        journal.flush()
        lines = (tmp_path / "journal").read_text().splitlines()
    assert [line[:4] for line in lines] == ["<3>{", "<6>{", lines[2][:4]]
    assert json.loads(lines[2])["message"] == "elsewhere"
