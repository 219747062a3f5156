from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from documents import Page
from promtool import promtool

ROOT = Path(__file__).parents[2]
ALERTS = ROOT / "config/prometheus/alerts.yml"
CASES: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("alerts.yml").read_text())
PAGE = Page(Path("docs/how-to/watch-the-gateway.md"))
SCRAPED = {"job": "cockpit-gateway", "instance": "a:8789"}
RULES = {rule["alert"]: rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]}


def test_prometheus_takes_the_rules() -> None:
    assert f"SUCCESS: {len(RULES)} rules found" in promtool("check", "rules", str(ALERTS))


@pytest.mark.parametrize("alert", sorted(RULES.keys() | CASES.keys()))
def test_an_alert_fires_when_it_should_and_only_then(alert: str, tmp_path: Path) -> None:
    case = CASES[alert]
    labels = {**SCRAPED, **case["labels"]}
    expected = {
        "exp_labels": {"severity": RULES[alert]["labels"]["severity"], **labels},
        "exp_annotations": {
            name: re.sub(r"{{ \$labels\.(\w+) }}", lambda label: labels[label[1]], text)
            for name, text in RULES[alert]["annotations"].items()
        },
    }
    tests = tmp_path / "tests.yml"
    tests.write_text(
        yaml.safe_dump(
            {
                "rule_files": [str(ALERTS)],
                "evaluation_interval": "1m",
                "tests": [
                    run(alert, case["fires"], case["at"], [expected]),
                    run(alert, case["quiet"], case["at"], []),
                ],
            }
        )
    )
    promtool("test", "rules", str(tests))


def run(alert: str, series: dict[str, str], at: str, expected: list[Any]) -> dict[str, Any]:
    scraped = ",".join(f'{name}="{value}"' for name, value in SCRAPED.items())
    return {
        "interval": "1m",
        "input_series": [
            {"series": name.replace("@", scraped), "values": str(values)} for name, values in series.items()
        ],
        "alert_rule_test": [{"eval_time": at, "alertname": alert, "exp_alerts": expected}],
    }


@pytest.mark.parametrize("alert", RULES)
def test_an_alert_says_what_to_do(alert: str) -> None:
    annotations = RULES[alert]["annotations"]
    assert annotations.keys() == {"summary", "description", "runbook"}
    path, _, anchor = annotations["runbook"].partition("#")
    headings = re.findall(r"^#+ (.+)$", (ROOT / path).read_text(), re.MULTILINE)
    assert anchor in [heading.lower() for heading in headings]


def test_the_documented_scrape_configuration_is_one(tmp_path: Path) -> None:
    blocks = [block for block in PAGE.blocks("yml") if "scrape_configs" in block]
    assert len(blocks) == 2
    for block in blocks:
        file = tmp_path / "prometheus.yml"
        file.write_text(block)
        promtool("check", "config", "--syntax-only", str(file))


def test_every_runbook_is_of_an_alert() -> None:
    assert re.findall(r"^### (.+)$", PAGE.text, re.MULTILINE) == [*RULES]
