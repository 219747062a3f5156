from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit_gateway.catalogue import LONGEST_NAME_REMEMBERED, Catalogue, CatalogueEntry
from cockpit_gateway.events import decode_args
from cockpit_gateway.testing import captures

CATALOGUE = Catalogue()
SUBJECTS = json.loads((Path(__file__).parents[1] / "data" / "subjects.json").read_text())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["_id", "name"]), inner),
)
KNOWN = st.sampled_from([entry.event.name for entry in CATALOGUE.entries.values()])
VARYING = st.sampled_from([entry for entry in CATALOGUE.entries.values() if entry.event.per_name])
NAMES = KNOWN | st.text() | st.builds("{}.{}".format, KNOWN, st.text())


@pytest.mark.parametrize(
    ("name", "hook", "variant"),
    [
        ("collections.save.after", "collections_save_after", None),
        ("collections.save.after.posts", "collections_save_after", "posts"),
        ("collections.save.after.a.b", "collections_save_after", "a.b"),
        ("collections.save.after.we ird é", "collections_save_after", "we ird é"),
        ("singleton.saveData.after.home", "singleton_save_data_after", "home"),
        ("collections.admin.find.before.posts", "collections_admin_find_before", "posts"),
        ("app.cockpit.controller.base.init", "app_controller_init", "cockpit.controller.base"),
        ("app.render.view", "app_render_view", None),
        ("app.render.view/cockpit:views/x.php", "app_render_view_template", "cockpit:views/x.php"),
        ("app.render.view/a.init", "app_render_view_template", "a.init"),
        ("cockpit.webhook.events", "cockpit_webhook_events", None),
    ],
)
def test_a_name_finds_its_hook(name: str, hook: str, variant: str | None) -> None:
    match = CATALOGUE.match(name)
    assert match is not None
    assert (match.entry.hook, match.variant) == (hook, variant)


@pytest.mark.parametrize(
    "name", ["", "collections.save.after.", "collections.admin.find.before", "collections.createcollection.posts", "x"]
)
def test_a_name_that_no_hookspec_covers_finds_none(name: str) -> None:
    assert CATALOGUE.match(name) is None


@given(VARYING, st.text(min_size=1))
def test_a_collection_may_be_called_anything(entry: CatalogueEntry, called: str) -> None:
    assert CATALOGUE.match(f"{entry.event.name}.{called}") == (entry, called, {})


def test_a_name_too_long_to_be_remembered_finds_its_hook_all_the_same() -> None:
    called = "x" * LONGEST_NAME_REMEMBERED
    match = CATALOGUE.match(f"collections.admin.find.before.{called}")
    assert match is not None
    assert (match.entry.hook, match.placeholders) == ("collections_admin_find_before", {"name": called})


@pytest.mark.parametrize(
    ("name", "generic"),
    [
        ("collections.save.after.posts", "collections.save.after"),
        ("collections.admin.find.before.posts", "collections.admin.find.before"),
        ("app.render.view/cockpit:views/x.php", "app.render.view"),
        ("app.cockpit.controller.base.init", "app.init"),
    ],
)
def test_a_generic_name_leaves_out_what_varies(name: str, generic: str) -> None:
    match = CATALOGUE.match(name)
    assert match is not None
    assert match.entry.generic_name == generic


@pytest.mark.parametrize("capture", [c for c in captures.all_captures() if c.event], ids=lambda capture: capture.file)
def test_subjects_come_out_as_the_table_says(capture: captures.Capture) -> None:
    assert capture.event is not None
    assert list(CATALOGUE.subjects(capture.event, decode_args(capture.body))) == SUBJECTS.get(capture.file, [])


def test_the_table_of_subjects_is_about_captures() -> None:
    assert set(SUBJECTS) <= {capture.file for capture in captures.all_captures()}


@pytest.mark.parametrize(
    ("name", "args", "subjects"),
    [
        ("cockpit.assets.remove", [[{"_id": "1"}, {"_id": 2}, {}, {"_id": "1"}]], ("assets/1", "assets/2")),
        ("cockpit.assets.remove", [{"0": {"_id": "1"}}], ("assets/1",)),
        ("cockpit.assets.remove", [[{"_id": "1"}, None, "2"], "one argument too many"], ("assets/1",)),
        ("cockpit.assets.remove", [[]], ()),
        ("cockpit.assets.remove", [], ()),
        ("collections.save.after", ["a/b%", {"_id": "1"}], ("collections/a%2Fb%25/1",)),
        ("collections.save.after", ["posts", {"_id": True}], ("collections/posts",)),
        ("collections.save.after", ["posts", []], ("collections/posts",)),
        ("collections.save.after", [None, {"_id": "1"}], ()),
        ("collections.admin.find.before.posts", [[]], ("collections/posts",)),
        ("cockpit.clearcache", [], ()),
        ("unheard.of", ["posts"], ()),
    ],
)
def test_odd_arguments_give_the_subjects_they_can(name: str, args: list[object], subjects: tuple[str, ...]) -> None:
    assert CATALOGUE.subjects(name, args) == subjects


def test_noise_is_what_changes_nothing() -> None:
    assert CATALOGUE.is_noise("collections.find.after.posts")
    assert CATALOGUE.is_noise("cockpit.bootstrap")
    assert CATALOGUE.is_noise("app.render.view/x.php")
    assert not CATALOGUE.is_noise("collections.save.after")
    assert not CATALOGUE.is_noise("forms.submit.after")
    assert not CATALOGUE.is_noise("unheard.of")


def test_a_pattern_never_matches_noise() -> None:
    names = {entry.generic_name for entry in CATALOGUE.matching("collections.*")}
    assert "collections.save.after" in names
    assert not any(CATALOGUE.is_noise(name) for name in names)


def test_custom_events_are_known_but_have_no_hook() -> None:
    catalogue = Catalogue(["shop.order.*", "ping"])
    assert catalogue.is_known("shop.order.placed")
    assert catalogue.is_known("ping")
    assert not catalogue.is_known("shop.cart")
    assert catalogue.match("ping") is None


def test_a_misspelt_name_has_a_suggestion() -> None:
    assert CATALOGUE.suggest("collections.safe.after") == "collections.save.after"
    assert CATALOGUE.suggest("zzzzzzzz") is None
    assert Catalogue(["shop.order.placed"]).suggest("shop.order.place") == "shop.order.placed"


def test_a_name_that_never_fires_is_no_suggestion() -> None:
    assert CATALOGUE.suggest("cockpit.rest.erroronrequests") == "cockpit.api.erroronrequest"
    assert CATALOGUE.suggest("shutdowns") is None


@given(NAMES, st.lists(JSON, max_size=8))
def test_nothing_raises_whatever_arrives(name: str, args: list[object]) -> None:
    bound = CATALOGUE.bind(name, args)
    match = CATALOGUE.match(name)
    assert tuple(bound) == (match.entry.parameters if match else ())
    assert all("/" in subject for subject in CATALOGUE.subjects(name, args))
