"""Whatever is asked of a store, in whatever order, and however its process ends: it is what the model says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from fuzzing import examples
from hypothesis.stateful import run_state_machine_as_test
from store_data import Data, PostgresData, SqliteData
from store_machine import StoreMachine


@pytest.fixture(params=["sqlite", "postgresql"])
def make_data(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Data]]:
    """Return what makes data of its own for each history."""
    if request.param == "sqlite":
        yield partial(SqliteData, tmp_path)
        return
    with ExitStack() as places:
        yield partial(PostgresData, request.getfixturevalue("postgres"), places)


def test_every_history_ends_as_the_model_says(make_data: Callable[[], Data], request: pytest.FixtureRequest) -> None:
    count = 10 if "postgresql" in request.node.name else 40  # a kill of the one takes longer
    run_state_machine_as_test(partial(StoreMachine, make_data), settings=examples(count, stateful_step_count=30))
