"""What the doctor finds, each check by something that is really broken."""

from __future__ import annotations

import asyncio
import os
import resource
import socket
import ssl
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import trustme

from cockpit_gateway import __version__, hookimpl
from cockpit_gateway.config import ConfigFile
from cockpit_gateway.daemon import validate
from cockpit_gateway.doctor import Finding, Health, Told, examine, machine
from cockpit_gateway.doctor.database import check_database
from cockpit_gateway.doctor.files import check_files
from cockpit_gateway.doctor.findings import Patient
from cockpit_gateway.doctor.gateway import check_daemon, check_endpoints, check_plugins
from cockpit_gateway.doctor.listening import check_addresses, check_certificates, check_sources
from cockpit_gateway.doctor.receivers import check_receivers
from cockpit_gateway.testing import Receiver

WELL: Mapping[str, Any] = {"pid": os.getpid(), "version": __version__, "unready": None}


def patient(
    folder: Path, yaml: str = "sources: {website: }", status: Mapping[str, Any] | None = None, store: bool = True
) -> Patient:
    text = yaml + (f"\nstore: sqlite:{folder}/gateway.db\n" if store else "\n")
    file = ConfigFile("gateway.yaml", text, folder, {})
    config, registry, _ = validate(file)
    return Patient(file, config, registry, Told(status))


def only(findings: Iterator[Finding]) -> Finding:
    [found] = findings
    return found


def worst(findings: Iterator[Finding]) -> list[Finding]:
    """Return the findings that are not well; each of them says what to do."""
    found = [finding for finding in findings if finding.health is not Health.OK]
    assert all(finding.cure for finding in found)
    return found


def a_file(path: Path, mode: int) -> Path:
    path.write_text("0123456789abcdef0123456789abcdef")
    path.chmod(mode)
    return path


def test_files_that_others_can_read(tmp_path: Path) -> None:
    a_file(tmp_path / "gateway.db", 0o600)
    a_file(tmp_path / "gateway.key", 0o604)
    a_file(tmp_path / "token", 0o640)
    found = worst(check_files(patient(tmp_path, "sources: {website: {tokens: [!file token]}}")))
    assert [(finding.about, finding.health) for finding in found] == [("key", Health.FAIL), ("!file", Health.WARN)]
    assert "gateway.key has the mode 0604: everybody" in found[0].what
    assert found[1].cure == f"chmod g-rwx {tmp_path}/token, unless that is meant"
    (tmp_path / "gateway.key").chmod(0o640)
    [key, _] = worst(check_files(patient(tmp_path, "sources: {website: {tokens: [!file token]}}")))
    assert (key.health, key.cure) == (Health.FAIL, f"chmod go-rwx {tmp_path}/gateway.key")
    (tmp_path / "gateway.key").chmod(0o600)
    (tmp_path / "token").chmod(0o400)
    assert worst(check_files(patient(tmp_path, "sources: {website: {tokens: [!file token]}}"))) == []


def test_a_store_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda _path, mode: not mode & os.W_OK)  # who runs the tests may be root
    [found] = worst(check_files(patient(tmp_path)))
    assert (found.about, found.health) == ("store", Health.FAIL)


async def test_a_database_that_lets_nobody_in(tmp_path: Path, postgres_url: str) -> None:
    def using(url: str, **running: Any) -> Patient:
        return patient(tmp_path, f"sources: {{website: }}\nstore: '{url}'", running or None, store=False)

    refusing = "postgresql://gateway:swordfish@127.0.0.1:1/gateway"
    [found] = [each async for each in check_database(using(refusing))]
    assert (found.about, found.health, found.cure) == (
        "store",
        Health.FAIL,
        "start the database, or name another one under `store`",
    )
    assert found.what.startswith("postgresql://gateway:***@127.0.0.1:1/gateway cannot be used as a store")
    [found] = [each async for each in check_database(using(postgres_url))]
    assert found.health is Health.OK
    assert [each async for each in check_database(using(refusing, **WELL))] == []


@pytest.mark.parametrize(
    ("free", "health", "what"),
    [
        (1 << 20, Health.FAIL, "1 MiB are free"),
        (100 << 20, Health.WARN, "too little to set a reserve aside"),
        (3 << 30, Health.WARN, "3 GiB are free"),
        (50 << 30, Health.OK, "50 GiB are free"),
    ],
)
def test_room_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, health: Health, what: str
) -> None:
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _path: SimpleNamespace(free=free))
    found = only(machine.check_disk(patient(tmp_path)))
    assert found.health is health
    assert what in found.what


def test_an_endpoint_of_the_store_that_takes_no_part(tmp_path: Path) -> None:
    mistakes = [{"path": "sources[0]", "message": "there is no source 'shop'"}]
    endpoints: list[Mapping[str, Any]] = [
        {"plugin": "webhook", "name": "search", "mistakes": mistakes},
        {"plugin": "webhook", "name": "builds", "mistakes": []},
    ]
    [found] = worst(check_endpoints(replace(patient(tmp_path), told=Told(endpoints=endpoints))))
    assert (found.about, found.health) == ("webhook:search", Health.FAIL)
    assert "sources[0]: there is no source 'shop'" in found.what


def test_a_clock_that_was_never_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.time, "time", lambda: 86400.0)
    assert only(machine.check_clock()).health is Health.FAIL


@pytest.mark.parametrize(("kept", "health"), [(True, Health.OK), (False, Health.WARN), (None, Health.OK)])
def test_a_clock_that_nothing_keeps(monkeypatch: pytest.MonkeyPatch, kept: bool | None, health: Health) -> None:
    assert machine.is_synchronised() in (True, False, None)
    monkeypatch.setattr(machine, "is_synchronised", lambda: kept)
    assert only(machine.check_clock()).health is health


def test_too_few_open_files(tmp_path: Path) -> None:
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (700, most))
    try:
        for status in (None, WELL):
            found = only(machine.check_open_files(patient(tmp_path, status=status)))
            assert found.health is Health.WARN
            assert "700 may be open, and the connections that may come need 1200" in found.what
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))


def test_an_old_sqlite(monkeypatch: pytest.MonkeyPatch) -> None:
    assert only(machine.check_versions()).health is Health.OK
    monkeypatch.setattr(machine.sqlite3, "sqlite_version_info", (3, 31, 1))
    assert only(machine.check_versions()).health is Health.FAIL


def test_an_address_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        yaml = f"server: {{listen: '127.0.0.1:{port}'}}\nsources: {{website: }}"
        found = only(check_addresses(patient(tmp_path, yaml)))
        ours = only(check_addresses(patient(tmp_path, yaml, WELL)))
    assert found.health is Health.FAIL
    assert found.what == f"127.0.0.1:{port} cannot be listened on: address already in use"
    assert found.cure == "end the other program, or choose another port"
    assert (ours.health, ours.what) == (Health.OK, f"127.0.0.1:{port} is the running gateway's")
    assert only(check_addresses(patient(tmp_path, yaml))).health is Health.OK
    away = "server: {listen: '203.0.113.7:80'}\nsources: {website: {tokens: [a-token]}}"
    assert only(check_addresses(patient(tmp_path, away))).health is Health.FAIL


def certified(folder: Path, ca: trustme.CA, ends: datetime | None = None) -> Patient:
    issued = ca.issue_cert("gateway.example.org", not_after=ends)
    issued.private_key_pem.write_to_path(folder / "key.pem")
    (folder / "cert.pem").write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    tls = f"tls: {{cert: {folder}/cert.pem, key: {folder}/key.pem}}"
    return patient(folder, f"server: {{listen: 'localhost:0', {tls}}}\nsources: {{website: }}")


def test_certificates(tmp_path: Path) -> None:
    now, ca = datetime.now(UTC), trustme.CA()
    soon, late = now + timedelta(days=9), now + timedelta(days=90)
    names = "not for localhost"
    for ends, healths in ((late, [Health.OK]), (soon, [Health.WARN]), (now - timedelta(days=1), [Health.FAIL])):
        found = list(check_certificates(certified(tmp_path, ca, ends)))
        assert [finding.health for finding in found if names not in finding.what] == healths
        assert any(names in finding.what for finding in found)
    other = trustme.CA().issue_cert("other.example.org")
    cert = tmp_path / "cert.pem"
    cert.write_bytes(cert.read_bytes() + other.cert_chain_pems[0].bytes())
    looked_at = certified(tmp_path, ca, late)
    cert.write_bytes(cert.read_bytes() + other.cert_chain_pems[0].bytes())
    assert any("not issued by the next" in found.what for found in check_certificates(looked_at))


def test_what_to_type_into_cockpit(tmp_path: Path) -> None:
    local = only(check_sources(patient(tmp_path)))
    assert local.what == "Cockpit's webhook posts to http://127.0.0.1:8787/cockpit/website, from this machine alone"
    everywhere = "server: {listen: ':80', base_path: /gw}\nsources: {website: {tokens: [a-token]}}"
    assert only(check_sources(patient(tmp_path, everywhere))).what.endswith("http://HOST:80/gw/cockpit/website")
    assert only(check_sources(patient(tmp_path, ""))).health is Health.WARN


ENDPOINTS = "sources: {website: }\nplugins: {webhook: {endpoints: {it: {url: '%s', events: ['*'], %s}}}}"


async def receivers(looked_at: Patient) -> list[Finding]:
    return [finding async for finding in check_receivers(looked_at)]


@contextmanager
def secure(ca: trustme.CA, ends: datetime | None = None) -> Generator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost", "127.0.0.1", not_after=ends).configure_cert(context)
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)

        async def serve() -> None:
            await asyncio.start_server(lambda _reader, writer: writer.close(), sock=listening, ssl=context)

        task = loop.create_task(serve())
        yield listening.getsockname()[1]
        task.cancel()


async def test_receivers_that_are_there(tmp_path: Path) -> None:
    with Receiver() as receiver:
        [found] = await receivers(patient(tmp_path, ENDPOINTS % (receiver.url, "allow_private: true")))
        assert receiver.requests == []
    assert (found.about, found.health) == ("webhook:it", Health.OK)
    [gone] = await receivers(patient(tmp_path, ENDPOINTS % (receiver.url, "allow_private: true")))
    assert gone.health is Health.FAIL
    assert "connection refused" in gone.what


async def test_receivers_at_addresses_that_are_not_allowed(tmp_path: Path) -> None:
    [found] = await receivers(patient(tmp_path, ENDPOINTS % ("http://localhost:9/", "allow_private: false")))
    assert found.health is Health.FAIL
    assert "loopback" in found.what
    assert found.cure == "if it is meant to be there, allow it with `allow_private`"
    assert await receivers(patient(tmp_path, ENDPOINTS % ("http://localhost:9/", "active: false"))) == []


async def test_receivers_that_speak_tls(tmp_path: Path) -> None:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    believing = f"allow_private: true, tls: {{ca: {tmp_path}/ca.pem}}"
    with secure(ca, datetime.now(UTC) + timedelta(days=9)) as port:
        url = f"https://127.0.0.1:{port}/"
        shaken, ending = await receivers(patient(tmp_path, ENDPOINTS % (url, believing)))
        [unknown] = await receivers(patient(tmp_path, ENDPOINTS % (url, "allow_private: true")))
    assert (shaken.health, ending.health) == (Health.OK, Health.WARN)
    assert unknown.health is Health.FAIL
    assert "TLS certificate not valid" in unknown.what


class Careless:
    @hookimpl
    def any_event(self) -> None: ...

    def collections_save_after(self) -> None: ...


def test_plugins_that_are_broken(tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "broken.py").write_text("import no_such_module")
    looked_at = patient(tmp_path, f"plugins_dir: {tmp_path}/plugins\nbroken_plugins: skip\nsources: {{website: }}")
    looked_at.registry.add_object("careless", Careless)
    broken, careless = worst(check_plugins(looked_at))
    assert (broken.about, broken.health) == ("plugin broken", Health.FAIL)
    assert "no_such_module" in broken.what
    assert (careless.about, careless.health) == ("plugin careless", Health.WARN)


@pytest.mark.parametrize(
    ("status", "health"),
    [
        (None, Health.WARN),
        (WELL, Health.OK),
        ({**WELL, "version": "0.0.1"}, Health.WARN),
        ({**WELL, "unready": "the disk is full"}, Health.FAIL),
    ],
)
def test_the_gateway_that_runs(tmp_path: Path, status: Mapping[str, Any] | None, health: Health) -> None:
    assert only(check_daemon(patient(tmp_path, status=status))).health is health


async def test_a_configuration_with_mistakes_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "gateway.yaml").write_text("sources: {website: {token: a-secret-token}}")
    found = [finding async for finding in examine(tmp_path / "gateway.yaml", Told())]
    assert [finding.about for finding in found] == ["versions", "clock", "configuration"]
    assert "did you mean 'tokens'" in found[-1].what
    assert "a-secret-token" not in str(found)


async def test_nobody_is_connected_to_offline(tmp_path: Path) -> None:
    with Receiver() as receiver:
        yaml = ENDPOINTS % (receiver.url, "allow_private: true")
    (tmp_path / "gateway.yaml").write_text(f"{yaml}\nstore: sqlite:{tmp_path}/gateway.db\n")
    offline = [finding async for finding in examine(tmp_path / "gateway.yaml", Told(WELL), offline=True)]
    online = [finding async for finding in examine(tmp_path / "gateway.yaml", Told(WELL))]
    assert {finding.about for finding in online} - {finding.about for finding in offline} == {"webhook:it"}
