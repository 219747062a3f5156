from __future__ import annotations

import pytest
import typer

from cockpit_gateway.cli.filters import DeliveryChoice
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


@pytest.mark.parametrize("endpoint", ["", "webhook:", ":"])
def test_an_endpoint_without_a_name_is_a_mistake_rather_than_all_of_them(endpoint: str) -> None:
    """As of a variable of a script that is not set."""
    with pytest.raises(typer.BadParameter, match="has a name"):
        DeliveryChoice(endpoint=endpoint).query()


def test_a_plugin_without_a_name_is_none_rather_than_all_of_them() -> None:
    assert DeliveryChoice(plugin="").query()["plugin"] == ""
