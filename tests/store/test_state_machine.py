"""Whatever is asked of a store, in whatever order, and however its process ends: it is what the model says."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from fuzzing import examples
from hypothesis.stateful import run_state_machine_as_test
from store_data import SqliteData
from store_machine import StoreMachine


def test_every_history_ends_as_the_model_says(tmp_path: Path) -> None:
    run_state_machine_as_test(
        partial(StoreMachine, partial(SqliteData, tmp_path)), settings=examples(40, stateful_step_count=30)
    )
