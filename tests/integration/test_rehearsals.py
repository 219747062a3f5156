"""What another configuration would make of stored events: as the gateway would, and nothing is started."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from cockpit_gateway import Event
from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.config import ConfigFile
from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.envelope import Arrival, read_envelope
from cockpit_gateway.rehearsal import MOST_EXAMPLES, Cast, Rehearsal, event_of
from cockpit_gateway.testing.captures import Capture, all_captures
from cockpit_gateway.web.api.views.base import encode
from cockpit_gateway.web.api.views.deliveries import EventDetail

HERE = "url: 'https://127.0.0.1:1/', allow_private: true"
SITE, SEARCH = TargetId("webhook", "site"), TargetId("webhook", "search")


def cast(endpoints: str, more: str = "") -> Cast:
    text = f"sources: {{website: }}\nplugins: {{webhook: {{endpoints: {endpoints}}}}}\n{more}"
    return Cast(ConfigFile.from_text(text, "x.yaml", {}))


def events(count: int, name: str = "collections.save.after") -> list[Event]:
    made = [Event(str(number), name, "website", b"", 0.0, seq=number) for number in range(count)]
    return [event.with_args(["posts", {"number": event.seq}, False]) for event in made]


async def test_gains_and_losses_are_counted_with_a_few_examples() -> None:
    before = cast(f"{{site: {{{HERE}, events: ['*']}}}}")
    after = cast(
        f"{{site: {{{HERE}, events: [collections.save.after], when: entry.number < 4}},"
        f" search: {{{HERE}, events: ['collections.*']}}}}"
    )
    rehearsal, stored = Rehearsal(), events(10)
    await rehearsal.before(before, stored, [SITE] * 9)
    await rehearsal.after(after, [*stored, *events(12)[10:]])
    site, search = rehearsal.shares[SITE], rehearsal.shares[SEARCH]
    assert (site.made, site.before, site.after, site.gained, site.lost) == (9, 10, 4, 0, 6)
    assert (search.made, search.before, search.after, search.gained, search.lost) == (0, 0, 10, 10, 0)
    assert [event.id for _, event in site.examples] == ["4", "5", "6"]
    assert len(search.examples) == MOST_EXAMPLES
    assert rehearsal.events == 10


PLUGIN = """
from cockpit_gateway import Planned, Target, hookimpl

targets = []
started = []


@hookimpl
def register_targets(context):
    targets[:] = [Target("queue")]
    return targets


@hookimpl
def plan_deliveries(event):
    if event.args[1]["number"] % 2:
        raise ValueError("boom")
    return [Planned(targets[0].name)]


@hookimpl
def deliver():
    raise AssertionError("nothing is sent")


@hookimpl
def gateway_started():
    raise AssertionError("nothing is started")
"""


async def test_planners_that_fail_are_counted_and_no_plugin_is_started(tmp_path: Path) -> None:
    (tmp_path / "queue.py").write_text(PLUGIN)
    same = f"plugins_dir: {tmp_path}"
    rehearsal = Rehearsal()
    await rehearsal.before(cast("{}", same), events(5), [])
    await rehearsal.after(cast("{}", same), events(5))
    share = rehearsal.shares[TargetId("queue", "queue")]
    assert (share.before, share.after, share.gained, share.lost) == (3, 3, 0, 0)
    assert rehearsal.failed == {"before": {"queue": 2}, "after": {"queue": 2}}


@pytest.mark.parametrize("captured", all_captures(), ids=lambda captured: captured.file)
def test_an_exported_event_is_the_stored_one(captured: Capture) -> None:
    stored = read_envelope(
        captured.body,
        Arrival("website", "main"),
        event_id="0",
        received_at=1.5,
        max_depth=512,
        catalogue=Catalogue(),
    )
    again = event_of(orjson.loads(encode(EventDetail.with_deliveries(stored, []))), 1.5)
    assert again.args == stored.args
    assert (again.name, again.subjects, again.status, again.label) == (
        stored.name,
        stored.subjects,
        stored.status,
        stored.label,
    )


async def test_a_rehearsal_makes_no_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rehearsal = Rehearsal()
    await rehearsal.before(cast("{}"), events(1), [])
    assert [*tmp_path.iterdir()] == []
