"""Sealing: who opens what, and what a key that is missing, changed or not private means."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.config import ConfigFile
from cockpit_gateway.errors import ConfigError, SealError
from cockpit_gateway.sealing import Sealer
from cockpit_gateway.testing import FakeClock

OLD, NEW = "old-" * 8, "new-" * 8


def sealer(tmp_path: Path, *keys: str, clock: FakeClock | None = None) -> Sealer:
    return Sealer(keys, tmp_path / "gateway.key", clock or FakeClock())


@pytest.mark.parametrize("keys", [(), (OLD,)])
def test_what_was_sealed_opens(tmp_path: Path, keys: tuple[str, ...]) -> None:
    sealed = sealer(tmp_path, *keys).seal("endpoints", b"whsec_swordfish")
    assert b"swordfish" not in sealed
    assert sealer(tmp_path, *keys).open("endpoints", sealed) == b"whsec_swordfish"


def test_the_key_is_made_when_it_is_needed_for_nobody_else_to_read(tmp_path: Path) -> None:
    found, file = sealer(tmp_path), tmp_path / "gateway.key"
    assert not file.exists()
    found.seal("sessions", b"")
    key = file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(key.strip()) >= 32
    sealer(tmp_path).seal("sessions", b"")
    assert file.read_text() == key


def test_the_directory_of_the_key_is_made_with_it(tmp_path: Path) -> None:
    file = tmp_path / "data" / "gateway.key"
    Sealer((), file, FakeClock()).seal("sessions", b"")
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_key_of_the_configuration_needs_no_file(tmp_path: Path) -> None:
    sealer(tmp_path, OLD).seal("sessions", b"")
    assert not (tmp_path / "gateway.key").exists()


def test_the_first_key_seals_and_all_open(tmp_path: Path) -> None:
    sealed = sealer(tmp_path, OLD).seal("endpoints", b"x")
    both = sealer(tmp_path, NEW, OLD)
    assert both.open("endpoints", sealed) == b"x"
    assert sealer(tmp_path, NEW).open("endpoints", both.seal("endpoints", b"y")) == b"y"


def test_the_key_of_a_file_can_move_into_the_configuration(tmp_path: Path) -> None:
    sealed = sealer(tmp_path).seal("endpoints", b"x")
    text = "sources: {site: {}}\nencryption: {keys: [!file gateway.key]}\n"
    settings = ConfigFile("x.yaml", text, tmp_path, {}).validate({}, Catalogue()).settings
    assert Sealer.of(settings, FakeClock()).open("endpoints", sealed) == b"x"


@pytest.mark.parametrize("spoil", [lambda sealed: sealed[:-2] + b"xx", lambda sealed: b"", lambda sealed: b"\xff"])
def test_what_was_changed_does_not_open(tmp_path: Path, spoil: object) -> None:
    found = sealer(tmp_path, OLD)
    with pytest.raises(SealError, match=r"none of the keys in encryption\.keys opens it, or it was changed"):
        found.open("endpoints", spoil(found.seal("endpoints", b"x")))  # type: ignore[operator]


def test_it_opens_for_its_purpose_only(tmp_path: Path) -> None:
    found = sealer(tmp_path, OLD)
    with pytest.raises(SealError):
        found.open("sessions", found.seal("endpoints", b"x"))


def test_another_key_does_not_open_it(tmp_path: Path) -> None:
    sealed = sealer(tmp_path).seal("endpoints", b"x")
    (tmp_path / "gateway.key").unlink()
    sealer(tmp_path).seal("endpoints", b"x")
    with pytest.raises(SealError, match=r"none of the keys in .*/gateway\.key opens it"):
        sealer(tmp_path).open("endpoints", sealed)


def test_it_opens_until_it_is_too_old(tmp_path: Path) -> None:
    clock = FakeClock()
    found = sealer(tmp_path, OLD, clock=clock)
    sealed = found.seal("sessions", b"me")
    clock.let_pass(59)
    assert found.open("sessions", sealed, max_age=60) == b"me"
    clock.let_pass(2)
    assert found.open("sessions", sealed) == b"me"
    with pytest.raises(SealError):
        found.open("sessions", sealed, max_age=60)


def test_a_key_that_is_lost_meanwhile_is_not_another_one_afterwards(tmp_path: Path) -> None:
    found = sealer(tmp_path)
    before = found.seal("endpoints", b"x")
    (tmp_path / "gateway.key").unlink()
    after = found.seal("sessions", b"y")
    assert sealer(tmp_path).open("endpoints", before) == b"x"
    assert sealer(tmp_path).open("sessions", after) == b"y"


def test_a_missing_key_is_not_replaced_to_open_something(tmp_path: Path) -> None:
    with pytest.raises(SealError, match="is missing: put back the key that was there"):
        sealer(tmp_path).open("endpoints", b"x")
    assert not (tmp_path / "gateway.key").exists()


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "gateway.key"
    file.write_text(OLD)
    file.chmod(0o640)
    with pytest.raises(SealError, match=r"others can read the key \(mode 640\); chmod 600 .*/gateway\.key"):
        sealer(tmp_path).seal("endpoints", b"x")


@pytest.mark.parametrize("content", [b"", b"short\n", b"\xff" * 40])
def test_what_is_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "gateway.key"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(SealError, match=r"there is no key in it|cannot be read"):
        sealer(tmp_path).seal("endpoints", b"x")


def test_where_no_key_can_be_made_the_configuration_can_give_one(tmp_path: Path) -> None:
    tmp_path.joinpath("file").touch()
    with pytest.raises(SealError, match=r"no key can be made there: Not a directory; give one by encryption"):
        sealer(tmp_path / "file" / "nowhere").seal("endpoints", b"x")


def test_a_short_key_is_a_mistake_and_is_not_shown(tmp_path: Path) -> None:
    file = ConfigFile("x.yaml", "sources: {site: {}}\nencryption: {keys: [swordfish]}\n", tmp_path, {})
    with pytest.raises(ConfigError, match=r"encryption\.keys\[0\]: a key has 32 or more characters") as caught:
        file.validate({}, Catalogue())
    assert "swordfish" not in str(caught.value)
