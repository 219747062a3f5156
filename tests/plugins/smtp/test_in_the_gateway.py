"""Mail through a whole gateway: from Cockpit's POST to the mail server, with the queue in between."""

from __future__ import annotations

import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import gateways
import pytest
import trustme
from smtp_kit import PASSWORD, USER, serving

from cockpit_gateway import DeliveryState
from cockpit_gateway.testing.captures import capture

YAML = """
sources: {{website: {{}}}}
plugins:
  smtp:
    server:
      {{host: localhost, port: {port}, user: {user}, password: {password}, allow_private: true, tls: {{ca: {ca}}}}}
    mails:
      enquiries:
        from: Cockpit <cockpit@example.org>
        to: [office@example.org]
        events: [forms.submit.after]
        when: form == "contact"
        subject: "{{{{ form }}}}"
        body: "{{{{ data | tojson }}}}"
        retry: [0s, 0s]
"""


async def test_an_event_is_mailed_and_tried_again_with_the_same_message_id(
    tmp_path: Path,
    authority: trustme.CA,
    certificate: ssl.SSLContext,
    trusted: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with serving(certificate, login=True) as server:
        server.replies = {"DATA": "451 not now"}
        yaml = YAML.format(port=server.port, user=USER, password=PASSWORD, ca=trusted["ca"])
        async with gateways.running(tmp_path, yaml) as gateway:
            assert (await gateways.post(gateway, capture("forms.submit.after").body)).status == 202
            await gateways.eventually(lambda: server.arrived)
            server.replies = {}
            [delivery] = await gateways.wait_for(gateway, DeliveryState.DELIVERED)
            attempts = await gateway.store.attempts(delivery.id)
    assert str(delivery.target_id) == "smtp:enquiries"
    assert attempts[0].reason == "SMTP 451: not now"
    assert {found.message["Message-ID"] for found in server.arrived} == {f"<{delivery.id}@example.org>"}
    assert {(found.message["Subject"], found.user, found.secured) for found in server.arrived} == {
        ("contact", USER, True)
    }
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    shown = capsys.readouterr()
    assert PASSWORD not in shown.out + shown.err
    assert PASSWORD.encode() not in stored


def test_the_plugin_loads_without_the_extra() -> None:
    script = """
import sys
sys.modules["aiosmtplib"] = None
from cockpit_gateway.registry import Registry
registry = Registry.load()
assert "smtp" in registry.config_models(), registry.broken
"""
    subprocess.run([sys.executable, "-c", script], check=True)
