"""Fixtures that several folders of tests share."""

from __future__ import annotations

from pathlib import Path

import packages
import pytest


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> packages.Distributions:
    """Return the sdist and the wheel of this checkout, built once."""
    return packages.build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def installed(distributions: packages.Distributions, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the `cockpit-gateway` of the wheel, installed into a fresh environment."""
    return packages.install(distributions.wheel, tmp_path_factory.mktemp("installed"))
