from __future__ import annotations

import pytest

from cockpit_gateway.cli.targets import PLANNING, split_name, target_name
from cockpit_gateway.targets import PLAN_TARGET


def test_an_endpoint_is_called_by_its_name_alone() -> None:
    assert target_name("webhook", "rebuild-site") == "rebuild-site"
    assert target_name("search", "any_event") == "search:any_event"


def test_late_planning_is_no_endpoint() -> None:
    assert PLANNING == PLAN_TARGET
    assert target_name("webhook", PLAN_TARGET) == "webhook:plan_deliveries"


@pytest.mark.parametrize(("plugin", "target"), [("webhook", PLANNING), ("search", "any_event")])
def test_a_name_leads_back_to_its_target(plugin: str, target: str) -> None:
    assert split_name(target_name(plugin, target)) == (plugin, target)
