"""The commands of these tests are those of the installed wheel, not of the checkout."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import commands
import pytest
from commands import SECRET, TOKEN, Site, site

from cockpit_gateway.testing import Receiver


@pytest.fixture(scope="session", autouse=True)
def _wheel_under_test(installed: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(commands, "COMMAND", installed)
        yield


@pytest.fixture
def house(tmp_path: Path, receiver: Receiver) -> Site:
    """Return a site with a source that needs a token, and an endpoint that gives up at once."""
    return site(
        tmp_path,
        f"""
sources:
  website: {{tokens: ["${{WEBSITE_TOKEN:-{TOKEN}}}"]}}
plugins:
  webhook:
    endpoints:
      search-index:
        url: {receiver.url}
        allow_private: true
        events: ["collections.*", "forms.*"]
        secret: {SECRET}
        retry: [0s]
""",
    )
