"""No statement searches through a whole table."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Iterator

import pytest

from cockpit_gateway.store.sqlite import (
    accepting,
    activity,
    answers,
    changing,
    claiming,
    coalescing,
    endpoints,
    listing,
    pruning,
    purging,
    reading,
    replaying,
    settling,
    storage,
    stretch,
    suspects,
    targets,
    trimming,
)
from cockpit_gateway.store.sqlite.engine import SqliteStore

MODULES = (
    accepting,
    activity,
    answers,
    changing,
    claiming,
    coalescing,
    endpoints,
    listing,
    pruning,
    purging,
    reading,
    replaying,
    settling,
    storage,
    stretch,
    suspects,
    targets,
    trimming,
)

OF_TARGETS = {"DEAD_LETTERS", "TARGET_COUNTS", "COUNTS_OF_ALL_TARGETS", "FORGET_TARGET_COUNTS"}
"""These go through the targets, which are few."""

COUNTS = {"COUNT_KEPT", "BACKLOG", "COUNT_EVENTS", "COUNT_DELIVERIES", "TARGET_STATES"}
"""These count every row of something: on an index where the rows are many."""


def statements() -> Iterator[tuple[str, str]]:
    """Yield every statement of the engine as it is run, each list in every way that it is narrowed."""
    for module in MODULES:
        for name, text in vars(module).items():
            if name.isupper() and isinstance(text, str) and re.search("SELECT|INSERT|UPDATE|DELETE", text):
                yield from narrowed(name, text)


WAYS = {
    "EVENTS": ["event_ids", "status", "name", "source"],
    "END_OF_EVENTS": ["status", "name", "source"],
    "DELIVERIES": ["ids", "event", "number", "state", "number_and_state"],
    "END_OF_DELIVERIES": ["number", "state", "number_and_state"],
    "DELIVERIES_OF_EVENTS": ["name", "source"],
    "TALLY": ["ids", "event", "target", "state"],
    "WALK_DELIVERIES": ["ids", "event", "end"],
    "WALK_EVENTS": ["event_ids", "status"],
    "FIND_EVENTS": ["event_ids", "status"],
}
"""How lists, previews and steps are narrowed, besides not at all."""


def narrowed(name: str, text: str) -> Iterator[tuple[str, str]]:
    if "{narrowed}" not in text:
        yield name, text
        return
    yield f"{name} of all", reading.narrowed(text)
    for way in WAYS[name]:
        yield f"{name} narrowed_to_{way}", reading.narrowed(text, **{f"narrowed_to_{way}": True})


STATEMENTS = dict(statements())


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path = tmp_path_factory.mktemp("plans") / "gateway.db"

    async def make() -> None:
        store = SqliteStore(path)
        await store.open()
        await store.close()

    asyncio.run(make())
    connection = sqlite3.connect(path)
    yield connection
    connection.close()


def plan(database: sqlite3.Connection, statement: str) -> list[str]:
    """Return the steps of a statement's plan."""
    width = {settling.MARK_BEGUN: 2, settling.SETTLE_DELIVERIES: 6, settling.INSERT_ATTEMPTS: 10}.get(statement)
    text = re.sub(r":\w+", "1", statement).replace("?", "1")
    if width:
        text = text.replace("{rows}", ",".join([f"({','.join('1' * width)})"] * 16))
    return [detail for *_, detail in database.execute(f"EXPLAIN QUERY PLAN {text}")]


def test_there_are_statements() -> None:
    assert len(STATEMENTS) > 30


@pytest.mark.parametrize("name", [name for name in STATEMENTS if not name.startswith("INSERT_") or "ATTEMPTS" in name])
def test_a_statement_goes_by_an_index(database: sqlite3.Connection, name: str) -> None:
    tables = (
        "events|bodies|deliveries|attempts|duplicates|targets|owners|plugin_storage|answers|child|d|e|b|t|head|a"
        "|\\w+_activity"
    )
    steps = plan(database, STATEMENTS[name])
    scans = [step for step in steps if re.match(rf"SCAN ({tables})\b", step)]
    if name in COUNTS:
        scans = [step for step in scans if "INDEX" not in step and step != "SCAN targets"]
    if name in OF_TARGETS:
        scans = [step for step in scans if step.split()[1] != "t"]
    if name == "FIND_PRUNABLE":  # what was looked at before, along an index
        scans.remove("SCAN e")
    if name in ("COUNT_OWNERS", "DELETE_OWNERS", "TALLY of all", "NUMBERS_OF"):  # of all there is
        scans.clear()
    assert scans == []


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("FIND_DUE", "deliveries_due"),
        ("FIND_HEADS", "COVERING INDEX lanes (target=? AND key=? AND state=? AND seq<?)"),
        ("FIND_HEADS", "COVERING INDEX lanes (target=? AND key>? AND key<?)"),
        ("FIND_HEADS_BY_LANE", "COVERING INDEX lanes (target=? AND key>?)"),
        ("PENDING_OF_LANE", "lanes (target=? AND key=? AND state=?)"),
        ("RELEASE_ALL_OF_THE_DEAD", "deliveries_undelivered (state=?)"),
        ("DELIVERIES narrowed_to_event", "deliveries_by_event (seq=?)"),
        ("DELIVERIES of all", "deliveries_by_event (seq>? AND seq<?)"),
        ("DELIVERIES narrowed_to_number", "deliveries_by_target (target=? AND seq>? AND seq<?)"),
        ("DELIVERIES narrowed_to_state", "deliveries_undelivered (state=? AND seq>? AND seq<?)"),
        (
            "DELIVERIES narrowed_to_number_and_state",
            "deliveries_by_target_and_state (target=? AND state=? AND seq>? AND seq<?)",
        ),
        ("END_OF_DELIVERIES of all", "COVERING INDEX deliveries_by_event (seq>? AND seq<?)"),
        ("END_OF_DELIVERIES narrowed_to_number", "COVERING INDEX deliveries_by_target (target=? AND seq>? AND seq<?)"),
        ("DELIVERIES_OF_EVENTS narrowed_to_name", "events_by_name (name=? AND seq>? AND seq<?)"),
        ("DELIVERIES_OF_EVENTS narrowed_to_source", "deliveries_by_event (seq=?)"),
        ("EVENTS narrowed_to_name", "events_by_name (name=? AND seq>? AND seq<?)"),
        ("EVENTS narrowed_to_source", "events_by_source (source=? AND seq>? AND seq<?)"),
        ("EVENTS narrowed_to_status", "events_unsound (status=? AND seq>? AND seq<?)"),
        ("BACKLOG", "deliveries_due"),
        ("COUNT_DELIVERIES", "COVERING INDEX deliveries_by_target"),
        ("TALLY narrowed_to_state", "deliveries_undelivered (state=?)"),
        ("TALLY narrowed_to_target", "deliveries_by_target (target=?)"),
        ("WALK_DELIVERIES of all", "deliveries_by_event (seq>?)"),
        ("WALK_DELIVERIES narrowed_to_event", "deliveries_by_event (seq=?)"),
        ("WALK_DELIVERIES narrowed_to_end", "deliveries_undelivered (state=? AND seq>?)"),
        ("WALK_EVENTS of all", "INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
        ("WALK_EVENTS narrowed_to_status", "events_unsound (status=? AND seq>? AND seq<?)"),
        ("FIND_EXCESS", "deliveries_due (target=?)"),
        ("DEAD_LETTERS", "COVERING INDEX deliveries_by_target_and_state (target=? AND state=?)"),
        ("TARGET_COUNTS", "PRIMARY KEY (span=? AND target=? AND at>? AND at<?)"),
        ("COUNTS_OF_ALL_TARGETS", "PRIMARY KEY (span=? AND target=? AND at>? AND at<?)"),
        ("SOURCE_COUNTS", "PRIMARY KEY (span=? AND at>? AND at<?)"),
        ("FORGET_TARGET_COUNTS", "PRIMARY KEY (span=? AND target=? AND at<?)"),
        ("PRUNE_DUPLICATES", "duplicates_by_end (until<?)"),
    ],
)
def test_it_is_the_index_meant_for_it(database: sqlite3.Connection, name: str, index: str) -> None:
    assert any(index in step for step in plan(database, STATEMENTS[name]))


def test_a_list_is_not_sorted_but_read_in_order(database: sqlite3.Connection) -> None:
    lists = ("EVENTS ", "DELIVERIES ", "DELIVERIES_OF_EVENTS ", "END_OF_EVENTS ", "END_OF_DELIVERIES ")
    for name in [name for name in STATEMENTS if name.startswith(lists) and not name.endswith("ids")]:
        assert not [step for step in plan(database, STATEMENTS[name]) if "TEMP B-TREE" in step]


@pytest.mark.parametrize("name", ["WALK_DELIVERIES of all", "WALK_DELIVERIES narrowed_to_end", "WALK_EVENTS of all"])
def test_a_step_looks_at_no_more_rows_than_its_window(database: sqlite3.Connection, name: str) -> None:
    steps = plan(database, STATEMENTS[name])
    looked_at = steps[steps.index("MATERIALIZE looked_at") + 1 :]
    assert "INDEX" in looked_at[0] or "PRIMARY KEY" in looked_at[0]
    assert "TEMP B-TREE" not in looked_at[1]


def test_a_preview_looks_for_newer_deliveries_once_and_not_for_each(database: sqlite3.Connection) -> None:
    steps = plan(database, STATEMENTS["TALLY narrowed_to_state"])
    assert "SEARCH newer USING AUTOMATIC COVERING INDEX (target=? AND subject=?)" in steps
    assert sum(step.startswith("MATERIALIZE newer") for step in steps) == 1
    assert [step for step in steps if "CORRELATED" in step] == ["CORRELATED SCALAR SUBQUERY 2"]  # a subject's path
