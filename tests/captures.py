"""The recorded requests of a real Cockpit, as test data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "data" / "captures"


@dataclass(frozen=True)
class Capture:
    """One recorded request.

    Attributes:
        file: Its file's path below the folder of captures, without ".json".
        event: The event's name, None if the body holds none.
        headers: In wire order, with duplicates; one character per byte.
        path: The request's path.
        body: The body's bytes.
        state: "ok", or "incomplete-body" if the client went away before the body was complete.
        note: What is odd about it.
    """

    file: str
    event: str | None
    headers: tuple[tuple[str, str], ...]
    path: str
    body: bytes
    state: str
    note: str | None


@cache
def all_captures() -> tuple[Capture, ...]:
    """Return every capture, the odd ones last."""
    files = sorted(FOLDER.glob("*.json")) + sorted(FOLDER.glob("odd/*.json"))
    return tuple(map(_read, files))


def capture(file: str) -> Capture:
    """Return the capture of a file: an event's name, or "odd/" and a name."""
    return next(found for found in all_captures() if found.file == file)


def _read(file: Path) -> Capture:
    recorded = json.loads(file.read_text())
    request, captured = recorded["request"], recorded["captured"]
    return Capture(
        file=str(file.relative_to(FOLDER)).removesuffix(".json"),
        event=captured["event"],
        headers=tuple((name, value) for name, value in request["headers"]),
        path=request["path"],
        body=request["body_text"].encode("ascii"),
        state=captured["state"],
        note=captured.get("note"),
    )
