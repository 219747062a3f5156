"""What docs/how-to/redact-more.md shows does what it says."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from documents import Page
from redact_kit import Redactor

from cockpit_gateway_redact.rules import built_in_rules

PAGE = Page(Path("docs/how-to/redact-more.md"))
[EXAMPLE] = PAGE.blocks("yaml")


@pytest.mark.parametrize(
    ("name", "shown", "masked"),
    [
        ("forms.submit.after", {"email": "a@b", "name": "Joe"}, {"email": "***", "name": "Joe"}),
        ("forms.save.after.contact", {"data": {"email": "a@b", "n": 1}}, {"data": {"email": "***", "n": 1}}),
        ("forms.save.after", {"data": {"x": {"phone": 7}}}, {"data": {"x": {"phone": "***"}}}),
        ("forms.save.before", {"data": {"text": "To DE02120300000000202051."}}, {"data": {"text": "To ***."}}),
        ("singleton.saveData.after.mail", {"smtp_password": "x", "host": "y"}, {"smtp_password": "***", "host": "y"}),
        ("singleton.getData.after", {"smtp_password": ""}, {"smtp_password": ""}),
        ("collections.save.after", {"email": "a@b", "phone": "7"}, {"email": "a@b", "phone": "7"}),
    ],
)
def test_the_example_masks_what_it_says(name: str, shown: object, masked: object) -> None:
    redact = Redactor(*yaml.safe_load(EXAMPLE)["plugins"]["redact"]["rules"])
    assert redact.args(name, "first", shown) == ["first", masked]


def test_the_table_has_every_built_in_rule() -> None:
    rows = [
        line for line in PAGE.text.splitlines() if line.startswith("| ") and "because" not in line and "---" not in line
    ]
    assert len(rows) == len(built_in_rules())
    assert all(rule.why.split(" (")[0] in row for rule, row in zip(built_in_rules(), rows, strict=True))
