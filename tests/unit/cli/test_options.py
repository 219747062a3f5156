from __future__ import annotations

from pathlib import Path

import pytest

from cockpit_gateway.cli import options
from cockpit_gateway.errors import ConfigError


@pytest.fixture(autouse=True)
def usual_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    elsewhere = tmp_path / "etc" / "gateway.yaml"
    monkeypatch.setattr(options, "USUAL_PLACES", (*options.USUAL_PLACES[:2], elsewhere))


def touch(path: str) -> None:
    Path(path).parent.mkdir(exist_ok=True)
    Path(path).touch()


def test_the_named_file_is_taken_whether_or_not_it_exists() -> None:
    touch("gateway.yaml")
    assert options.find_config(Path("other.yaml")) == Path("other.yaml")


def test_the_usual_places_are_tried_in_order(tmp_path: Path) -> None:
    touch("etc/gateway.yaml")
    assert options.find_config(None) == tmp_path / "etc" / "gateway.yaml"
    touch("gateway.yaml")
    assert options.find_config(None) == Path("gateway.yaml")
    touch("config/gateway.yaml")
    assert options.find_config(None) == Path("config/gateway.yaml")


def test_without_any_the_error_names_what_was_tried(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        options.find_config(None)
    for place in ("config/gateway.yaml", "gateway.yaml", str(tmp_path / "etc"), "--config", "COCKPIT_GATEWAY_CONFIG"):
        assert place in str(error.value)
