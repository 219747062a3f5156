"""Bytes that somebody might send to where Cockpit posts, made up by hypothesis: from Cockpit's own to nonsense."""

from __future__ import annotations

import gzip
import itertools
import zlib
from typing import NamedTuple

from hypothesis import strategies as st

from cockpit_gateway.testing.captures import all_captures

LONGEST_BODY = 64 * 1024
LONGEST_SHOWN = 1000


# Bodies

BODIES = tuple(capture.body for capture in all_captures() if len(capture.body) < LONGEST_BODY)
NAMES = (
    "collections.save.after",
    "collections.save.after.we ird.név",
    "collections.remove.after",
    "singleton.saveData.after",
    "cockpit.assets.save",
    "cockpit.bootstrap",
    "cockpit.webhook",
    "app.render.view/",
    "nobody.knows",
)
NUMBERS = ("0", "-0.0", "1.0e+100", "1e999", "9223372036854775807", "18446744073709551616", "1" * 5000, "NaN", "01")
STRINGS = (r'"\ud800"', r'"\udc00\ud800"', r'"\u0000"', '"\x7f"', '"\x00"', '"/../.."', '"\\', '"é\u2028"', '"%ff%00"')
LEAVES = ("null", "true", "[]", "{}", '""', '"posts"', '{"_id":"5f0a"}', '{"a":1,"a":2}', *NUMBERS, *STRINGS)


def _nested(opening: str, closing: str, depth: int) -> str:
    return opening * depth + "1" + closing * depth


values = st.recursive(
    st.sampled_from(LEAVES) | st.text(max_size=8).map(lambda text: f'"{text}"'),
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda items: f"[{','.join(items)}]")
        | st.lists(st.tuples(st.sampled_from(('"_id"', '"0"', '"password"', '"name"', '""')), inner), max_size=4).map(
            lambda pairs: "{" + ",".join(f"{key}:{value}" for key, value in pairs) + "}"
        )
    ),
    max_leaves=12,
)
nestings = st.builds(_nested, st.just("["), st.just("]"), st.sampled_from((500, 1000, 1023, 1025, 30_000))) | st.builds(
    _nested, st.just('{"a":'), st.just("}"), st.sampled_from((500, 1023, 1025, 10_000))
)
args = st.one_of(
    values,
    nestings,
    st.lists(values | nestings, max_size=3).map(lambda items: f"[{','.join(items)}]"),
)
members = st.one_of(
    st.sampled_from(NAMES).map(lambda name: f'"event":"{name}"'),
    st.builds('"event":{}'.format, values),
    st.builds('"{}":{}'.format, st.sampled_from(("hook", "backend", "args", "event")), args),
)
envelopes = st.lists(members, min_size=1, max_size=5).map(lambda found: "{" + ",".join(found) + "}")
bodies = st.one_of(
    st.sampled_from(BODIES),
    envelopes.map(lambda text: text.encode("utf-8", "surrogatepass")),
    envelopes.map(lambda text: text.encode("utf-16", "surrogatepass")),
    st.binary(max_size=50),
)

# Requests

METHODS = (b"POST", b"GET", b"OPTIONS", b"CONNECT", b"PUT", b"post", b"P\xffST", b"", b"PRI", b"X" * 9000)
PATHS = (
    b"/cockpit/website",
    b"/cockpit/website/label",
    b"/cockpit/website/%00%ff%ed%a0%80",
    b"/cockpit/website/\xff",
    b"/cockpit/website/" + b"l" * 7000,
    b"/cockpit/website/" + b"l" * 9000,
    b"/cockpit/website?%zz&\xff#x",
    b"/cockpit/website/a/b",
    b"/cockpit/guarded",
    b"/cockpit/n\xc3\xb6",
    b"/cockpit//website/..",
    b"http://[::1/cockpit/website",
    b"http://x:99999999/cockpit/website",
    b"//",
    b"*",
    b"",
    b"/healthz",
)
VERSIONS = (b"HTTP/1.1", b"HTTP/1.0", b"HTTP/0.9", b"HTTP/2.0", b"HTTP/1.1 ", b"HTCPCP/1.0", b"")
HEADERS = (
    b"Content-Type: application/json",
    b"Content-Type: \xff; charset=nope",
    b"Content-Length: 5",
    b"Content-Length: -5",
    b"Content-Length: +5",
    b"Content-Length: 99999999999999999999",
    b"Content-Length: 9223372036854775807",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: chunked, identity",
    b"Content-Encoding: gzip",
    b"Content-Encoding: deflate",
    b"Content-Encoding: br",
    b"Expect: 100-continue",
    b"Expect: \xff",
    b"Connection: close",
    b"Connection: upgrade\r\nUpgrade: h2c",
    b"Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x",
    b"Idempotency-Key: \xff\xfe",
    b"webhook-id: k",
    b"Authorization: Basic \xff\xff=",
    b"X-Gateway-Token: \xff",
    b"X-Forwarded-For: \xff, 1.2.3.4",
    b"Host: [\xff",
    b"X-Null: a\x00b",
    b"X-Folded: a\r\n b",
    b"X-Long: " + b"x" * 9000,
    b"\r\n".join(b"X-%d: x" % number for number in range(3000)),
    b": nameless",
    b"no colon",
)


SIZES = (b"%x", b"%x", b"%x", b'%X;a="b\xff"', b"-%x", b"%xz", b"ffffffffffffffff%x")
ENDS = (b"0\r\n\r\n", b"0\r\n\r\n", b"0\r\nTrailer: x\r\n\r\n", b"zz\r\n\r\n", b"0\r\n", b"")
ENCODINGS = {b"gzip": gzip.compress, b"deflate": zlib.compress}


class Request(NamedTuple):
    """A request's bytes, and whether it is whole: what it lacks is not waited for."""

    sent: bytes
    whole: bool


@st.composite
def framed(draw: st.DrawFn, body: bytes) -> tuple[bytes, bytes, bool]:
    """Return what frames a body: the header for it, the body as sent, and whether that is right."""
    match draw(st.sampled_from(("right", "right", "wrong", "chunked", "encoded"))):
        case "right":
            return b"Content-Length: %d" % len(body), body, True
        case "wrong":
            length = max(0, len(body) + draw(st.integers(-3, 3)))
            return b"Content-Length: %d" % length, body, length == len(body)
        case "chunked":
            size, end = draw(st.sampled_from(SIZES)), draw(st.sampled_from(ENDS))
            sent = (size % len(body) + b"\r\n" + body + b"\r\n" if body else b"") + end
            return b"Transfer-Encoding: chunked", sent, (size, end) == (SIZES[0], ENDS[0])
        case _:
            encoding = draw(st.sampled_from(sorted(ENCODINGS)))
            cut = draw(st.sampled_from((0, 0, 3, 12)))
            encoded = ENCODINGS[encoding](body)
            sent = encoded[: len(encoded) - cut]
            return b"Content-Encoding: %b\r\nContent-Length: %d" % (encoding, len(sent)), sent, True


def mostly(usual: bytes, odd: tuple[bytes, ...]) -> st.SearchStrategy[bytes]:
    return st.sampled_from((usual,) * 2 * len(odd) + odd)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    header, body, whole = draw(framed(draw(bodies)))
    line = (
        draw(mostly(METHODS[0], METHODS)),
        draw(mostly(PATHS[0], PATHS)),
        draw(mostly(VERSIONS[0], VERSIONS)),
    )
    odd = draw(st.just([]) | st.lists(st.sampled_from(HEADERS), max_size=3))
    head = b"\r\n".join((b" ".join(line), b"Host: gateway", header, *odd))
    return Request(head + b"\r\n\r\n" + body, whole and not odd)


@st.composite
def spoilt(draw: st.DrawFn) -> Request:
    """Return a request of which something was lost, doubled, or put in."""
    sent = draw(requests()).sent
    at, count = draw(st.integers(0, len(sent))), draw(st.integers(1, 20))
    inserted = draw(st.binary(max_size=20) | st.sampled_from((b"\r\n", b"\r\n\r\n", b"\0", b"\xff" * 9000)))
    change = draw(st.sampled_from(("end", "lost", "doubled", "inserted")))
    rest = {
        "end": b"",
        "lost": sent[at + count :],
        "doubled": sent[max(0, at - count) :],
        "inserted": inserted + sent[at:],
    }
    return Request(sent[:at] + rest[change], whole=False)


class Connection(NamedTuple):
    """What one connection sends.

    Attributes:
        pieces: Sent one after the other.
        whole: The requests at its begin that are whole.
    """

    pieces: tuple[bytes, ...]
    whole: int

    def __repr__(self) -> str:
        shown = [piece if len(piece) <= LONGEST_SHOWN else (len(piece), piece[:LONGEST_SHOWN]) for piece in self.pieces]
        return f"Connection({shown}, whole={self.whole})"


@st.composite
def connections(draw: st.DrawFn) -> Connection:
    """Return up to three requests, the next sent before the last was answered, cut into two pieces somewhere."""
    pipelined = draw(st.lists(requests() | spoilt(), min_size=1, max_size=3))
    sent = b"".join(request.sent for request in pipelined)
    cut = draw(st.integers(0, len(sent)))
    whole = len(list(itertools.takewhile(lambda request: request.whole, pipelined)))
    return Connection((sent[:cut], sent[cut:]), whole)
