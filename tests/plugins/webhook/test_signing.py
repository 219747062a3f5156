"""Secrets as Standard Webhooks writes them."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from cockpit_gateway_webhook.signing import decode_secret, sign, signer_of


def secret_of(size: int) -> str:
    """Return a secret of so many bytes."""
    return "whsec_" + base64.b64encode(bytes(range(size))).decode()


@pytest.mark.parametrize("size", [24, 32, 64])
def test_secret_of_24_to_64_bytes_is_taken(size: int) -> None:
    assert decode_secret(secret_of(size) + "\n") == bytes(range(size))


@pytest.mark.parametrize(
    ("secret", "message"),
    [
        ("correct horse battery staple", 'a secret begins with "whsec_"'),
        ("", 'a secret begins with "whsec_"'),
        ("whsec_not*base64", 'after "whsec_" a secret is base64'),
        ("whsec_" + "ä" * 44, 'after "whsec_" a secret is base64'),
        ("whsec_c2hvcnQ", 'after "whsec_" a secret is base64'),
        ("whsec_c2hvcnQ=", "a secret holds 24 to 64 bytes, this one 5"),
        (secret_of(65), "a secret holds 24 to 64 bytes, this one 65"),
    ],
)
def test_other_secrets_are_refused_with_the_way_to_make_one(secret: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as refused:
        decode_secret(secret)

    assert 'make one with: echo "whsec_$(openssl rand -base64 32)"' in str(refused.value)
    assert not secret or secret not in str(refused.value)


@given(key=st.binary(min_size=24, max_size=64), body=st.text(), timestamp=st.integers(0, 2**33))
def test_signature_is_what_the_independent_package_makes(key: bytes, body: str, timestamp: int) -> None:
    theirs = Webhook(key).sign("0198c0de", datetime.fromtimestamp(timestamp, UTC), body)

    secret = "whsec_" + base64.b64encode(key).decode()
    assert sign([signer_of(secret)], "0198c0de", timestamp, body.encode()) == theirs
