"""Endpoints that live in the store: what commands about the configuration file say of them."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit_gateway.cli.client import Client, Document


def stored_endpoints(client: Client) -> Sequence[Document]:
    """Return the endpoints of the store, by name, without their secrets."""
    return [found for found in client.every("endpoints")["endpoints"] if found["origin"] == "store"]
