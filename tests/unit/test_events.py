"""Events and the JSON they are made of, held against the bytes that Cockpit sent."""

from __future__ import annotations

import json
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit_gateway import Event
from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.events import decode_args, encode_json, encode_like_cockpit, subject_path
from cockpit_gateway.testing import captures

BODIES = [capture for capture in captures.all_captures() if capture.body]
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
)


def event_of(body: bytes, subjects: tuple[str, ...] = ()) -> Event:
    return Event("0", "collections.save.after", "site", body, 0.0, subjects=subjects)


# No capture is left out. What would have to be is a number that PHP writes in another way than Python does: 1.0e+100
# (Python: 1e+100) and -0 (an int without a sign once it is read). No recorded body holds one.
@pytest.mark.parametrize("capture", BODIES, ids=lambda capture: capture.file)
def test_what_cockpit_sent_is_encoded_again_byte_for_byte(capture: captures.Capture) -> None:
    envelope = json.loads(capture.body)
    assert encode_like_cockpit({**envelope, "args": decode_args(capture.body)}) == capture.body


@given(JSON)
def test_encoding_like_cockpit_keeps_the_value_and_is_ascii(value: object) -> None:
    encoded = encode_like_cockpit(value)
    assert encoded.isascii()
    assert b"/" not in encoded.replace(rb"\/", b"")
    assert json.loads(encoded) == value
    assert json.loads(encode_json(value)) == value


@pytest.mark.parametrize("text", ["\x7f", "\\\x7f", r"\u007f", r"\\u007f", "\\\\\x7f/"])
def test_a_delete_character_is_sent_as_it_is_and_its_escape_is_not_mistaken_for_it(text: str) -> None:
    encoded = encode_like_cockpit(text)
    assert encoded.count(b"\x7f") == text.count("\x7f")
    assert json.loads(encoded) == text


def test_json_nested_as_deep_as_php_allows_is_encoded() -> None:
    deep = decode_args(captures.capture("odd/deep-509").body)
    assert json.loads(encode_json(deep)) == deep


@given(st.binary())
def test_a_body_that_is_no_envelope_has_no_arguments(body: bytes) -> None:
    assert isinstance(decode_args(body), list)


@pytest.mark.parametrize(
    ("body", "args"),
    [
        (b'{"args":["posts",1]}', ["posts", 1]),
        (b'{"args":{"0":"posts","2":1}}', ["posts", 1]),
        (b'{"args":null}', []),
        (b'{"args":"posts"}', []),
        (b'{"event":"cockpit.flush"}', []),
        (b'["posts"]', []),
        (b"null", []),
        (b"", []),
    ],
)
def test_arguments_of_every_shape_are_a_list(body: bytes, args: list[object]) -> None:
    assert event_of(body).args == args


def test_other_arguments_change_nothing_but_arguments_and_body() -> None:
    body = b'{"event":"collections.save.after","hook":"all","backend":1,"args":["posts",{"path":"\\/"}]}'
    event = Event("0", "collections.save.after", "site", body, 1.0, "label", "all", 1, ("collections/posts",))
    assert event.with_args(event.args) == event
    changed = event.with_args(["posts", None])
    assert changed.args == ["posts", None]
    assert changed.body == b'{"event":"collections.save.after","hook":"all","backend":1,"args":["posts",null]}'
    assert (changed.subjects, changed.label, changed.received_at) == (event.subjects, "label", 1.0)


@pytest.mark.parametrize(
    ("subjects", "collection", "form", "singleton"),
    [
        ((), None, None, None),
        (("collections/posts/1",), "posts", None, None),
        (("forms/a%2Fb",), None, "a/b", None),
        (("singletons/home",), None, None, "home"),
        (("assets/1", "collections/posts"), "posts", None, None),
    ],
)
def test_what_an_event_is_about_has_names(
    subjects: tuple[str, ...], collection: str | None, form: str | None, singleton: str | None
) -> None:
    event = event_of(b"", subjects)
    assert (event.collection, event.form, event.singleton) == (collection, form, singleton)


@given(st.lists(TEXT, min_size=1))
def test_the_parts_of_a_subject_can_be_told_apart(segments: list[str]) -> None:
    assert [unquote(part) for part in subject_path(segments).split("/")] == segments


@given(TEXT.filter(bool))
def test_an_event_names_its_collection_whatever_it_is_called(name: str) -> None:
    subjects = Catalogue().subjects("collections.save.after", [name, {"_id": "1"}])
    assert event_of(b"", subjects).collection == name


def test_other_arguments_are_a_list() -> None:
    with pytest.raises(TypeError, match="with_args takes a list, not a str"):
        event_of(BODIES[0].body).with_args("posts")  # type: ignore[arg-type]
