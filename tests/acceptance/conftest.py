"""The commands of these tests are those of the installed wheel, not of the checkout."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import commands
import pytest
from receivers import Receiver, receiving


@pytest.fixture(scope="session", autouse=True)
def _wheel_under_test(installed: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(commands, "COMMAND", installed)
        yield


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Return an endpoint's server."""
    with receiving() as found:
        yield found
