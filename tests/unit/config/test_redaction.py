"""Settings that go out without their secrets, and come back with them."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, SecretStr

from cockpit_gateway.config.problems import Data
from cockpit_gateway.config.redaction import redacted, restored
from cockpit_gateway.errors import InvalidDocumentError


class Model(BaseModel):
    bearer: SecretStr
    secrets: list[SecretStr | dict[str, str]]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"bearer": "swordfish"}, {"bearer": "***"}),
        ({"url": "https://me:swordfish@example.org?key=swordfish"}, {"url": "https://***@example.org?***"}),
        ({"tokens": ["swordfish", 5]}, {"tokens": ["***", "***"]}),
        ({"password": {"mine": "swordfish"}}, {"password": {"mine": "***"}}),
        ({"secrets": ["sword", {"secret": "fish", "until": "2030"}]}, {"secrets": ["***", "***"]}),
        ({"cookies": [{"cookie": "swordfish", "until": "2030"}]}, {"cookies": [{"cookie": "***", "until": "2030"}]}),
        ({"token": None, "cookie": "", "secrets": []}, {"token": None, "cookie": "", "secrets": []}),
        ({"timeout": "3s", "events": ["a.*"]}, {"timeout": "3s", "events": ["a.*"]}),
    ],
)
def test_no_secret_goes_out(given: dict[str, Data], shown: dict[str, Data]) -> None:
    assert redacted(Model, given, ()) == shown
    assert restored(shown, given, shown) == given


def test_what_hides_nothing_cannot_be_kept() -> None:
    with pytest.raises(InvalidDocumentError):
        restored({"url": "***"}, {"url": "https://example.org"}, {"url": "https://example.org"})
