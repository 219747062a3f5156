"""Signing secrets of endpoints that are made while the gateway runs."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from cockpit_gateway.config.problems import Data

LENGTH = 32
"""Bytes of a new secret."""


def new_secret() -> str:
    """Return a secret as Standard Webhooks writes it."""
    return f"whsec_{base64.b64encode(os.urandom(LENGTH)).decode()}"


def with_secret(endpoint: Mapping[str, Data], secret: str, now: datetime, grace: timedelta) -> dict[str, Data]:
    """Return an endpoint that signs with another secret, and for a while with those that it had.

    Args:
        endpoint: Its settings.
        secret: The new one.
        now: The time.
        grace: How long the others sign, too.

    Example:
        >>> from datetime import UTC
        >>> with_secret({"secret": "whsec_old"}, "whsec_new", datetime(2026, 12, 1, tzinfo=UTC), timedelta(days=1))
        {'secrets': ['whsec_new', {'secret': 'whsec_old', 'until': '2026-12-02T00:00:00+00:00'}]}
    """
    changed: dict[str, Data] = {key: value for key, value in endpoint.items() if key not in ("secret", "secrets")}
    kept = [*_expiring(endpoint, now, now + grace)] if grace else []
    if kept:
        changed["secrets"] = [secret, *kept]
    else:
        changed["secret"] = secret
    return changed


def _expiring(endpoint: Mapping[str, Data], now: datetime, until: datetime) -> Iterator[Data]:
    listed = endpoint.get("secrets")
    for found in [endpoint.get("secret"), *(listed if isinstance(listed, list) else [])]:
        if isinstance(found, str):
            yield {"secret": found, "until": until.isoformat()}
        elif isinstance(found, dict) and datetime.fromisoformat(str(found["until"])) > now:
            yield found
