"""Fixtures that several folders of tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import packages
import postgres_server
import pytest


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> packages.Distributions:
    """Return the sdist and the wheel of this checkout, built once."""
    return packages.build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def installed(distributions: packages.Distributions, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the `cockpit-gateway` of the wheel, installed into a fresh environment."""
    return packages.install(distributions.wheel, tmp_path_factory.mktemp("installed"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgres_server.Server]:
    """Return a PostgreSQL server."""
    with postgres_server.server() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: postgres_server.Server) -> Iterator[str]:
    """Return the URL of an empty place for a store."""
    with postgres.place() as url:
        yield url
