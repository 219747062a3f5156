"""Signatures of Standard Webhooks 1.0.0: the schemes `v1` (HMAC-SHA256) and `v1a` (Ed25519)."""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

Signer: TypeAlias = Callable[[bytes], str]
"""Makes the signature of `<webhook-id>.<webhook-timestamp>.<body>`: one word of `webhook-signature`."""

SYMMETRIC = "whsec_"
ASYMMETRIC = "whsk_"

SHORTEST_KEY = 24
LONGEST_KEY = 64
SEED = 32
"""Bytes of an Ed25519 private key; after them may stand the public key."""

HOW_TO_MAKE = 'make one with: echo "whsec_$(openssl rand -base64 32)"'
HOW_TO_MAKE_ED25519 = (
    'make one with: echo "whsk_$(openssl genpkey -algorithm ed25519 -outform DER | tail -c 32 | base64)"'
)


def decode_secret(secret: str) -> bytes:
    """Return the key of a secret.

    Args:
        secret: "whsec_" and the base64 of 24 to 64 random bytes, or "whsk_" and that of an Ed25519 private key.

    Raises:
        ValueError: It is written in another way; the message never holds the secret.

    Example:
        >>> len(decode_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        24
    """
    text = secret.strip()
    prefix = next((prefix for prefix in (SYMMETRIC, ASYMMETRIC) if text.startswith(prefix)), None)
    if prefix is None:
        raise ValueError(
            f'a secret begins with "{SYMMETRIC}", or "{ASYMMETRIC}" for Ed25519, as Standard Webhooks writes it; '
            f"{HOW_TO_MAKE}"
        )
    try:
        key = b64decode(text.removeprefix(prefix), validate=True)
    except ValueError:
        raise ValueError(f'after "{prefix}" a secret is base64; {HOW_TO_MAKE}') from None
    if prefix == SYMMETRIC and not SHORTEST_KEY <= len(key) <= LONGEST_KEY:
        raise ValueError(f"a secret holds {SHORTEST_KEY} to {LONGEST_KEY} bytes, this one {len(key)}; {HOW_TO_MAKE}")
    if prefix == ASYMMETRIC and len(key) not in (SEED, 2 * SEED):
        raise ValueError(
            f"an Ed25519 key holds {SEED} bytes, or {2 * SEED} with the public key, this one {len(key)}; "
            f"{HOW_TO_MAKE_ED25519}"
        )
    return key


def signer_of(secret: str) -> Signer:
    """Return what signs with a secret; the key is prepared once, not for each request.

    Args:
        secret: See `decode_secret`, as is what is raised.
    """
    key = decode_secret(secret)
    return _ed25519(key[:SEED]) if secret.strip().startswith(ASYMMETRIC) else _hmac(key)


def _hmac(key: bytes) -> Signer:
    keyed = hmac.new(key, digestmod="sha256")

    def sign_with_key(content: bytes) -> str:
        mac = keyed.copy()
        mac.update(content)
        return "v1," + b64encode(mac.digest()).decode()

    return sign_with_key


def _ed25519(seed: bytes) -> Signer:
    key = _private_key(seed)
    return lambda content: "v1a," + b64encode(key.sign(content)).decode()


def _private_key(seed: bytes) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - few need it, and it is large
        Ed25519PrivateKey,
    )

    return Ed25519PrivateKey.from_private_bytes(seed)


def sign(signers: Iterable[Signer], message_id: str, timestamp: int, body: bytes) -> str:
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
