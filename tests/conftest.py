"""Fixtures that several folders of tests share."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import packages
import postgres_server
import pytest
import turns

# Tests start hundreds of processes; told to write no bytecode, each would compile all that it imports.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A shell has its background jobs ignore Ctrl-C, and they all that they start: the processes that a test presses it for.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than there are processors: some of the tests wait at any time."""
    return 1 + (os.cpu_count() or 1)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all workers of this run have in common."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(autouse=True)
def _turn(request: pytest.FixtureRequest, shared: Path) -> Iterator[None]:
    with turns.turn(shared, alone=request.node.get_closest_marker("alone") is not None):
        yield


@pytest.fixture(scope="session")
def distributions(shared: Path) -> packages.Distributions:
    """Return the sdist and the wheel of this checkout, built once."""
    return packages.built(packages.once(shared / "distributions", packages.build))


@pytest.fixture(scope="session")
def installed(shared: Path, distributions: packages.Distributions) -> Path:
    """Return the `cockpit-gateway` of the wheel, installed once into a fresh environment."""
    folder = packages.once(shared / "installed", lambda folder: packages.install(distributions.wheel, folder))
    return folder / "bin" / "cockpit-gateway"


@pytest.fixture(scope="session")
def postgres(shared: Path) -> Iterator[postgres_server.Server]:
    """Return a PostgreSQL server."""
    with postgres_server.server(shared) as server:
        yield server


@pytest.fixture
def postgres_url(postgres: postgres_server.Server) -> Iterator[str]:
    """Return the URL of an empty place for a store."""
    with postgres.place() as url:
        yield url
