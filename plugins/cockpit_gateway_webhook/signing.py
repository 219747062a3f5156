"""Signatures of Standard Webhooks 1.0.0: scheme `v1`, HMAC-SHA256."""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from typing import TypeAlias

Signer: TypeAlias = Callable[[bytes], str]
"""Makes the signature of `<webhook-id>.<webhook-timestamp>.<body>`: one word of `webhook-signature`."""

PREFIX = "whsec_"
SHORTEST_KEY = 24
LONGEST_KEY = 64
HOW_TO_MAKE = 'make one with: echo "whsec_$(openssl rand -base64 32)"'


def decode_secret(secret: str) -> bytes:
    """Return the key of a secret.

    Args:
        secret: "whsec_" and the base64 of 24 to 64 random bytes.

    Raises:
        ValueError: It is written in another way; the message never holds the secret.

    Example:
        >>> len(decode_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        24
    """
    text = secret.strip()
    if not text.startswith(PREFIX):
        raise ValueError(f'a secret begins with "{PREFIX}", as Standard Webhooks writes it; {HOW_TO_MAKE}')
    try:
        key = b64decode(text.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError(f'after "{PREFIX}" a secret is base64; {HOW_TO_MAKE}') from None
    if not SHORTEST_KEY <= len(key) <= LONGEST_KEY:
        raise ValueError(f"a secret holds {SHORTEST_KEY} to {LONGEST_KEY} bytes, this one {len(key)}; {HOW_TO_MAKE}")
    return key


def signer_of(secret: str) -> Signer:
    """Return what signs with a secret; the key is prepared once, not for each request.

    Args:
        secret: See `decode_secret`, as is what is raised.
    """
    keyed = hmac.new(decode_secret(secret), digestmod="sha256")

    def sign_with_key(content: bytes) -> str:
        mac = keyed.copy()
        mac.update(content)
        return "v1," + b64encode(mac.digest()).decode()

    return sign_with_key


def sign(signers: Sequence[Signer], message_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of `webhook-signature`: one signature per key, so that a receiver can change its secret.

    Args:
        signers: `signer_of` each secret.
        message_id: The value of `webhook-id`.
        timestamp: The value of `webhook-timestamp`, seconds since the Unix epoch.
        body: Exactly what is sent.

    Example:
        >>> sign([signer_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
        ...     b'{"test": 2432232314}')
        'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    content = b"%b.%d.%b" % (message_id.encode(), timestamp, body)
    return " ".join([sign_with_key(content) for sign_with_key in signers])
