"""The event: one accepted POST of Cockpit, and the JSON it is made of."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, TypeAlias
from urllib.parse import unquote

import orjson

JSONValue: TypeAlias = Any
"""Any JSON value as Python sees it: dict, list, str, int, float, bool or None."""

JSONObject: TypeAlias = Mapping[str, Any]
"""A JSON object. PHP turns an empty one into `[]`, so expect an empty list where one is declared."""

JSONArray: TypeAlias = list[Any]
"""A JSON list. PHP may send an object with the keys "0", "1" … instead."""


VIA_HEADER = "Cockpit-Gateway-Via"
"""Header with the ids of the gateways that an event came through, so that a circle of them is noticed."""

LONGEST_NAME = 512
"""Bytes of an event's name: more than Cockpit's have, and less than what an index of any store takes."""

_ESCAPED_DELETE = r"\u007f"
_ESCAPE = re.compile(r"\\u007f|\\.")


class EventStatus(StrEnum):
    """What became of an event at the door."""

    ACCEPTED = "accepted"
    """Stored as it came, or as the filters left it."""
    UNDECODABLE = "undecodable"
    """The body is not a Cockpit envelope; Cockpit sends an empty body whenever its json_encode fails."""
    WITHHELD = "withheld"
    """A filter failed, or the body is nested too deep: the arguments were thrown away rather than stored unfiltered."""
    DROPPED = "dropped"
    """A filter dropped it; this is the tombstone, without arguments."""


@dataclass(frozen=True, slots=True)
class Event:
    """One accepted POST of Cockpit.

    Attributes:
        id: UUIDv7, made when the event was received.
        name: Cockpit's full event name, per-name suffix included ("collections.save.after.posts"), cut after 512 bytes;
            "" when the body could not be decoded.
        source: The Cockpit site, as named in the configuration.
        body: The JSON envelope as stored: Cockpit's own bytes, unless a filter changed the arguments.
        received_at: Seconds since the Unix epoch.
        label: The last part of `/cockpit/<source>/<label>`, None without one.
        hook: The display name of Cockpit's webhook; Cockpit may send none.
        backend: Cockpit's flag: 1 for every HTTP request, 0 for its command line; None if absent.
        subjects: What the event is about, as paths: "collections/posts/<_id>", "singletons/home".
        status: What became of it at the door.
        problem: Why, when the status is not "accepted".
        seq: Order of acceptance, given by the writer that commits; 0 before that.
        via: The ids of the gateways that it came through, this one last.
        trace: The trace that it belongs to, as a `traceparent` (W3C Trace Context); None for none.

    Example:
        >>> event = Event(id="0", name="collections.remove.after", source="site", received_at=0.0,
        ...               body=b'{"event":"collections.remove.after","hook":"h","backend":1,"args":["posts",1]}')
        >>> event.args
        ['posts', 1]
    """

    id: str
    name: str
    source: str
    body: bytes
    received_at: float
    label: str | None = None
    hook: str | None = None
    backend: int | None = None
    subjects: tuple[str, ...] = ()
    status: EventStatus = EventStatus.ACCEPTED
    problem: str | None = None
    seq: int = 0
    via: tuple[str, ...] = ()
    trace: str | None = None
    _args: list[JSONValue] | None = field(default=None, repr=False, compare=False)

    @property
    def args(self) -> list[JSONValue]:
        """Cockpit's positional arguments; [] when the body holds none. Decoded at first use, do not change it."""
        if self._args is None:
            is_envelope = self.body and self.status is not EventStatus.UNDECODABLE
            object.__setattr__(self, "_args", decode_args(self.body) if is_envelope else [])
        assert self._args is not None  # noqa: S101 - set above
        return self._args

    @property
    def collection(self) -> str | None:
        """Name of the collection the event is about, None if it is about something else."""
        return self._named("collections")

    @property
    def form(self) -> str | None:
        """Name of the form the event is about, None if it is about something else."""
        return self._named("forms")

    @property
    def singleton(self) -> str | None:
        """Name of the singleton the event is about, None if it is about something else."""
        return self._named("singletons")

    def with_args(self, args: list[JSONValue]) -> Event:
        r"""Return this event with other arguments; its body is written anew in Cockpit's own JSON style.

        Args:
            args: The new positional arguments.

        Returns:
            A new event; everything but `args` and `body` is the same.

        Raises:
            TypeError: the arguments are no list, or JSON cannot hold them.

        Example:
            >>> event = Event(id="0", name="error", source="site", received_at=0.0, body=b"")
            >>> event.with_args([{"path": "/srv"}]).body
            b'{"event":"error","hook":null,"backend":null,"args":[{"path":"\\/srv"}]}'
        """
        if not isinstance(args, list):  # pyright: ignore[reportUnnecessaryIsInstance] - a plugin's filter calls it
            raise TypeError(f"with_args takes a list, not a {type(args).__name__}")
        envelope = {"event": self.name, "hook": self.hook, "backend": self.backend, "args": args}
        return replace(self, body=encode_like_cockpit(envelope), _args=args)

    def numbered(self, seq: int) -> Event:
        """Return this event with its place in the order of acceptance; `dataclasses.replace` takes twice the time."""
        return Event(
            self.id,
            self.name,
            self.source,
            self.body,
            self.received_at,
            self.label,
            self.hook,
            self.backend,
            self.subjects,
            self.status,
            self.problem,
            seq,
            self.via,
            self.trace,
            self._args,
        )

    def _named(self, kind: str) -> str | None:
        for subject in self.subjects:
            first, _, rest = subject.partition("/")
            if first == kind and rest:
                return unquote(rest.partition("/")[0])
        return None


def event_name(text: str) -> str:
    """Return an event's name as it is stored: no longer than `LONGEST_NAME`.

    Example:
        >>> event_name("collections.save.after")
        'collections.save.after'
    """
    return text.encode()[:LONGEST_NAME].decode(errors="ignore")


def decode_args(body: bytes) -> list[JSONValue]:
    """Return the `args` of an envelope; [] when the body is none.

    Args:
        body: UTF-8 JSON, as Cockpit sends it.

    Returns:
        The list. An object in its place (a PHP list that lost its order) gives its values.
    """
    try:
        envelope = orjson.loads(body)
    except orjson.JSONDecodeError:
        return []
    args = envelope.get("args") if isinstance(envelope, dict) else None
    if isinstance(args, dict):
        return list(args.values())
    return args if isinstance(args, list) else []


def encode_like_cockpit(value: JSONValue) -> bytes:
    r"""Encode JSON as PHP's json_encode does: ASCII only, slashes escaped, no spaces, DEL as it is.

    Numbers are written as Python does: 1e+100, where PHP has 1.0e+100.

    Args:
        value: Any JSON value, nested as deep as PHP allows (512).

    Returns:
        The bytes.

    Raises:
        TypeError: It is no JSON value.

    Example:
        >>> encode_like_cockpit({"path": "/é"})
        b'{"path":"\\/\\u00e9"}'
    """
    text = json.dumps(value, separators=(",", ":")).replace("/", r"\/")
    return (_ESCAPE.sub(_unescape_delete, text) if _ESCAPED_DELETE in text else text).encode()


def _unescape_delete(escape: re.Match[str]) -> str:
    return "\x7f" if escape[0] == _ESCAPED_DELETE else escape[0]


def encode_json(value: object, default: Callable[[Any], object] | None = None) -> bytes:
    """Encode JSON compactly as UTF-8, as deep as PHP allows: orjson stops at 254 levels, real bodies reach 509.

    Args:
        value: Any JSON value.
        default: Returns a JSON value for what is none; None if there is nothing of that kind.

    Returns:
        The bytes.

    Raises:
        TypeError: It is no JSON value.

    Example:
        >>> encode_json({"path": "/é"}).decode()
        '{"path":"/é"}'
    """
    try:
        return orjson.dumps(value, default=default)
    except orjson.JSONEncodeError:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=default).encode()


def subject_path(segments: Iterable[str]) -> str:
    """Join the parts of a subject; a slash or per cent sign inside a part is percent-encoded.

    Example:
        >>> subject_path(["collections", "a/b"])
        'collections/a%2Fb'
    """
    return "/".join([_escape(segment) if "/" in segment or "%" in segment else segment for segment in segments])


def _escape(segment: str) -> str:
    return segment.replace("%", "%25").replace("/", "%2F")
