"""What a real Cockpit sent: one recorded request per event, and odd ones."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.events import JSONValue, decode_args

FOLDER = Path(__file__).parent / "captures"


@dataclass(frozen=True, slots=True)
class Capture:
    """One recorded request.

    Attributes:
        file: Its file's path below the folder of captures, without ".json".
        event: The event's name, None if the body holds none.
        headers: In wire order, with duplicates; one character per byte.
        path: The request's path.
        body: The body's bytes.
        state: "ok", or "incomplete-body" if the client went away before the body was complete.
        cockpit: Cockpit's version.
        note: What is odd about it.
    """

    file: str
    event: str | None
    headers: tuple[tuple[str, str], ...]
    path: str
    body: bytes
    state: str
    cockpit: str
    note: str | None

    @property
    def args(self) -> list[JSONValue]:
        """The event's arguments; none of a body that cannot be decoded.

        Example:
            >>> capture("collections.save.after").args[0]
            'posts'
        """
        return decode_args(self.body)


@cache
def all_captures() -> tuple[Capture, ...]:
    """Return every capture, the odd ones last."""
    files = sorted(FOLDER.glob("*.json")) + sorted(FOLDER.glob("odd/*.json"))
    return tuple(map(_read, files))


def capture(file: str) -> Capture:
    """Return one capture.

    Args:
        file: An event's name, or "odd/" and a name; as `all_captures` has them.

    Raises:
        KeyError: there is none.

    Example:
        >>> capture("collections.remove.after").event
        'collections.remove.after'
    """
    found = next((found for found in all_captures() if found.file == file), None)
    if found is None:
        raise KeyError(f"no capture is called {file!r}")
    return found


def capture_of(event: str, catalogue: Catalogue) -> Capture | None:
    """Return the capture of an event, or of another variant of its name; None if Cockpit was not seen to send it.

    Args:
        event: The event's name.
        catalogue: Tells which names are one event.

    Example:
        >>> capture_of("collections.save.after.pages", Catalogue()).file
        'collections.save.after'
    """
    match = catalogue.match(event)
    exact = (found for found in all_captures() if found.event == event)
    related = (found for found in all_captures() if match is not None and _hook(found, catalogue) == match.entry.hook)
    return next((found for found in (*exact, *related) if found.args), None)


def _hook(found: Capture, catalogue: Catalogue) -> str | None:
    match = None if found.event is None else catalogue.match(found.event)
    return None if match is None else match.entry.hook


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
        cockpit=captured["cockpit"].partition(" ")[0],
        note=captured.get("note"),
    )
