from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gateways
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from promtool import promtool

from cockpit_gateway import hookimpl

ROOT = Path(__file__).parents[2]
DASHBOARD = json.loads((ROOT / "config/grafana/cockpit-gateway.json").read_text())
ALERTS = yaml.safe_load((ROOT / "config/prometheus/alerts.yml").read_text())

CONFIG = """
sources: {website: {}}
plugins:
  webhook:
    endpoints:
      search: {url: "https://search.example.org/", events: [collections.save.after]}
"""


class Observer:
    @hookimpl
    def delivery_settled(self) -> None: ...


_NAME = re.compile(r"\b(?:cockpit_gateway|process|python)_\w+")
_VARIABLE = re.compile(r"\$\{?(\w+)")


def panels() -> Iterator[dict[str, Any]]:
    return (panel for panel in DASHBOARD["panels"] if panel["type"] != "row")


def shown() -> list[str]:
    return [target["expr"] for panel in panels() for target in panel["targets"]]


def asked_for() -> list[str]:
    return [variable["query"]["query"] for variable in DASHBOARD["templating"]["list"][1:]]


def alerting() -> list[str]:
    return [rule["expr"] for group in ALERTS["groups"] for rule in group["rules"]]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Return the series of a gateway to which nothing has happened, each with the names of its labels."""

    async def scrape() -> bytes:
        async with gateways.running(tmp_path_factory.mktemp("fresh"), CONFIG, {"observer": Observer()}) as gateway:
            return (await gateways.raw(gateway, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")).body

    families = text_string_to_metric_families(asyncio.run(scrape()).decode())
    return {sample.name: set(sample.labels) for family in families for sample in family.samples}


@pytest.mark.parametrize("expression", sorted({*shown(), *asked_for(), *alerting()}))
def test_what_is_asked_for_is_there_before_the_first_event(expression: str, fresh: dict[str, set[str]]) -> None:
    names = set(_NAME.findall(expression))
    assert names or expression.startswith("up{")
    assert names <= fresh.keys()
    for name, selector in re.findall(r"(cockpit_gateway_\w+)\{([^}]*)\}", expression):
        labels = set(re.findall(r"(\w+)(?:=|!=|=~|!~)\"", selector))
        assert labels - {"job", "instance"} <= fresh[name]


def test_prometheus_understands_what_the_dashboard_asks(tmp_path: Path) -> None:
    rules = [
        {"record": f"panel:number_{number}", "expr": expression.replace("$__rate_interval", "5m")}
        for number, expression in enumerate(shown())
    ]
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    assert f"SUCCESS: {len(rules)} rules found" in promtool("check", "rules", str(file))


def test_everything_that_is_counted_is_on_the_dashboard(fresh: dict[str, set[str]]) -> None:
    counted = {re.sub(r"_(bucket|sum|count)$", "", name) for name in fresh if name.startswith("cockpit_gateway_")}
    asked = {re.sub(r"_(bucket|sum|count)$", "", name) for text in shown() for name in _NAME.findall(text)}
    assert counted - asked == set()


def test_the_dashboard_can_be_provisioned() -> None:
    variables = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    assert DASHBOARD["uid"]
    assert "id" not in DASHBOARD, "Grafana gives it one of its own"
    numbers = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(numbers) == len(set(numbers))
    for panel in panels():
        assert panel["datasource"]["uid"] == "${datasource}", panel["title"]
    used = {name for text in (*shown(), *asked_for()) for name in _VARIABLE.findall(text)} - {"__rate_interval"}
    assert used <= variables.keys()


def test_no_panel_covers_another() -> None:
    places = [(panel["title"], panel["gridPos"]) for panel in DASHBOARD["panels"]]
    for (title, one), (_, other) in itertools.combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, title
