"""A short run of `make chaos`: kills under load, and every way in which a receiver misbehaves."""

from __future__ import annotations

from pathlib import Path

import pytest
from chaos.promises import Scope
from chaos.scenarios import SCENARIOS

EVERYWHERE = (
    "kill",
    "faults",
    "stopped",
    "cluster",
    pytest.param("restarts", marks=pytest.mark.alone),
    pytest.param("upgrade", marks=pytest.mark.alone),
    "clock",
    "descriptors",
)
"""Those that need neither root nor minutes."""


@pytest.mark.parametrize("name", EVERYWHERE)
async def test_promises_are_kept(name: str, tmp_path: Path) -> None:
    said: list[str] = []
    results = await SCENARIOS[name](Scope(tmp_path, quick=True, tell=said.append))
    assert results
    assert [result for result in results if result.kept is False] == []
