"""What a shell completes, asked as bash asks."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import Site, site

YAML = """
sources: {website: {}}
plugins:
  webhook:
    endpoints:
      search-index: {url: "https://search.example.org", events: [collections.save.after]}
      rebuild-site: {url: "https://builds.example.org", events: [collections.save.after]}
"""


def completed(place: Site, line: str) -> list[str]:
    """Return what is offered for the last word of a line; the word before a trailing space is an empty one."""
    words = line.split(" ")
    asked = {"_COCKPIT_GATEWAY_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    result = place.run(env=asked)
    assert result.stderr == b""
    return result.stdout.decode().split()


def test_names_of_the_running_gateway_are_completed(tmp_path: Path) -> None:
    place = site(tmp_path, YAML)
    with place.daemon():
        assert completed(place, "cockpit-gateway endpoints show s") == ["search-index"]
        assert completed(place, "cockpit-gateway deliveries list --endpoint r") == ["rebuild-site"]
        assert completed(place, "cockpit-gateway deliveries list --plugin web") == ["webhook"]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("cockpit-gateway de", ["deliveries", "dead-letters"]),
        ("cockpit-gateway send --event collections.remove.", ["collections.remove.before", "collections.remove.after"]),
        ("cockpit-gateway deliveries list --state del", ["delivered"]),
        ("cockpit-gateway endpoints show s", []),
    ],
)
def test_without_a_gateway_commands_and_events_are_completed(tmp_path: Path, line: str, offered: list[str]) -> None:
    assert sorted(completed(site(tmp_path, YAML), line)) == sorted(offered)
