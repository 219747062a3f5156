"""The smtp plugin with a context made by hand: no daemon, real mail servers."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from smtp_kit import MAIL, Send, entry
from webhook_kit import DELIVERY_ID

from cockpit_gateway import Delivery, DeliveryState, Event, Response
from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.egress.channel import Channels
from cockpit_gateway.testing import FakeClock, make_context
from cockpit_gateway_smtp import SmtpPlugin


@pytest.fixture
async def send() -> AsyncIterator[Send]:
    channels = Channels()

    async def send(server: dict[str, Any], *events: Event, **mail: Any) -> Response:
        least = {"host": "127.0.0.1", "security": "none", "allow_private": True}
        section = {"server": least | server, "mails": {"it": MAIL | mail}}
        plugin, catalogue = SmtpPlugin(), Catalogue()
        config = plugin.Config.model_validate(section, context={"catalogue": catalogue})
        context = make_context("smtp", config, clock=FakeClock(), catalogue=catalogue, channels=channels)
        plugin.register_targets(context)
        delivery = Delivery(DELIVERY_ID, "e", 1, "smtp", "it", None, DeliveryState.RUNNING, 0, 0.0, 0.0)
        return await plugin.deliver(delivery, events or [entry("Hello")])

    yield send
    await channels.close()


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    """A private authority; its certificate is `ca.pem`."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return authority


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path) -> dict[str, Any]:
    """The setting `tls` that believes it."""
    return {"ca": tmp_path / "ca.pem"}


@pytest.fixture
def certificate(authority: trustme.CA) -> ssl.SSLContext:
    """A server's, for localhost."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    return context
