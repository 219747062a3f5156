"""Fixtures for the tests of plugins; pytest finds them by the entry point `pytest11`.

The package is imported when a fixture is used, not when pytest starts: a plugin's coverage then has its import lines.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from cockpit_gateway.testing import FakeClock, GatewayTester, Receiver, StartGateway


@pytest.fixture
def fake_clock() -> FakeClock:
    """Return the clock of this test's gateways: it stands still until the test lets time pass."""
    from cockpit_gateway.testing import FakeClock  # noqa: PLC0415 - see above

    return FakeClock()


@pytest.fixture
def gateway_tester(tmp_path: Path, fake_clock: FakeClock) -> StartGateway:
    """Return what makes gateways; their store is in `tmp_path`, so that a second one finds what the first has left."""
    from cockpit_gateway.testing import GatewayTester  # noqa: PLC0415 - see above

    _log_in_few_words()

    def make(
        config: str | Mapping[str, Any] = "",
        *,
        plugins: Mapping[str, object] | None = None,
        installed: Collection[str] = (),
    ) -> GatewayTester:
        return GatewayTester(tmp_path, config, plugins, fake_clock, installed=installed)

    return make


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Run a server for a plugin's requests."""
    from cockpit_gateway.testing import Receiver  # noqa: PLC0415 - see above

    with Receiver() as running:
        yield running


def _log_in_few_words() -> None:
    """Keep local variables out of the log, as the daemon does: they are many, and may hold secrets."""
    import structlog  # noqa: PLC0415 - see above

    if not structlog.is_configured():
        *others, _ = structlog.get_config()["processors"]
        plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        structlog.configure(processors=[*others, plain])
