"""Files of whole lines: real ones, on a real disk that fills up, moved away, torn and put aside."""

from __future__ import annotations

import errno
import fcntl
import gzip
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from commands import eventually

from cockpit_gateway_jsonl import Rotate
from cockpit_gateway_jsonl.files import ForeignFileError, LineFile
from cockpit_gateway_jsonl.rotating import Rotation

MIDNIGHT = 1_700_006_400.0
"""2023-11-15, 00:00 UTC."""


class Audit:
    """A file in a test's directory, with what it has told."""

    def __init__(self, folder: Path, **rotate: Any) -> None:
        self.path = folder / "audit.jsonl"
        self.torn: list[int] = []
        self.rotation = Rotation(self.path, Rotate.model_validate(rotate)) if rotate else None
        self.file = LineFile(self.path, self.rotation, self.torn.append)

    def append(self, text: str, now: float = MIDNIGHT) -> bool:
        return self.file.append(line(text), now)

    def aside(self) -> dict[str, bytes]:
        assert self.rotation is not None
        return {path.name.removeprefix("audit.jsonl."): path.read_bytes() for path in self.rotation.aside()}


def line(text: str) -> bytes:
    return b'{"delivery_id":"%s"}\n' % text.encode()


@contextmanager
def no_file_longer_than(size: int) -> Generator[None]:
    """Refuse what is beyond a size, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_lines_are_added_to_what_there_is(tmp_path: Path) -> None:
    audit = Audit(tmp_path)
    assert not audit.append("a")
    Audit(tmp_path).append("b")
    assert audit.path.read_bytes() == line("a") + line("b")


def test_a_new_file_is_its_owners_alone_and_another_stays_as_it_is(tmp_path: Path) -> None:
    audit = Audit(tmp_path)
    audit.append("a")
    assert audit.path.stat().st_mode & 0o777 == 0o600
    audit.path.chmod(0o640)
    audit.append("b")
    assert audit.path.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    "torn", [b"{", b'{"delivery_id":', b'{"delivery_id":"x', line("x")[:-1], line("x" * 200_000)[:-1]]
)
@pytest.mark.parametrize("before", [b"", line("a"), line("a" * 70_000)])
def test_a_line_that_was_never_finished_is_cut_off(tmp_path: Path, before: bytes, torn: bytes) -> None:
    audit = Audit(tmp_path)
    audit.path.write_bytes(before + torn)

    audit.append("b")

    assert audit.path.read_bytes() == before + line("b")
    assert audit.torn == [len(torn)]


def test_a_torn_line_is_not_put_aside(tmp_path: Path) -> None:
    audit = Audit(tmp_path, size=1, compress=False)
    audit.path.write_bytes(line("a") + b'{"del')

    audit.append("b")

    assert list(audit.aside().values()) == [line("a")]


@pytest.mark.parametrize("content", [b"\0\0\0", b"a letter to nobody", line("a") + b"half a thought"])
def test_what_is_not_ours_is_not_touched(tmp_path: Path, content: bytes) -> None:
    audit = Audit(tmp_path)
    audit.path.write_bytes(content)

    with pytest.raises(ForeignFileError, match="does not end with a line of this plugin's: move it away"):
        audit.append("b")

    assert audit.path.read_bytes() == content


def test_on_a_full_disk_no_line_is_half(tmp_path: Path) -> None:
    audit = Audit(tmp_path)
    audit.append("a")
    room = len(line("a")) + 1000

    with no_file_longer_than(room), pytest.raises(OSError, match="too large") as failed:
        audit.append("x" * 5000)

    assert failed.value.errno == errno.EFBIG
    assert audit.path.read_bytes() == line("a")
    audit.append("b")
    assert audit.path.read_bytes() == line("a") + line("b")
    assert audit.torn == []


def test_what_cannot_be_synced_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    audit = Audit(tmp_path)
    audit.append("a")

    def fail(descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="Input/output"):
        audit.append("b")

    assert audit.path.read_bytes() == line("a")


@pytest.mark.parametrize("away", [lambda path: path.rename(f"{path}.1"), lambda path: path.unlink()])
def test_a_file_that_was_moved_away_or_deleted_is_begun_anew(tmp_path: Path, away: Any) -> None:
    audit = Audit(tmp_path)
    audit.append("a")
    away(audit.path)
    audit.append("b")
    assert audit.path.read_bytes() == line("b")
    assert audit.path.stat().st_mode & 0o777 == 0o600


def test_one_that_is_moved_away_while_another_process_writes_to_it(tmp_path: Path) -> None:
    audit = Audit(tmp_path)
    audit.append("a")
    with audit.path.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        waiting = threading.Thread(target=audit.append, args=["b"])
        waiting.start()
        eventually(lambda: opened(audit.path) == 2)
        audit.path.rename(tmp_path / "moved")
    waiting.join()
    assert (tmp_path / "moved").read_bytes() == line("a")
    assert audit.path.read_bytes() == line("b")


def opened(path: Path) -> int:
    """Return how often this process has a file open."""
    found = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # it was that of the listing
            found += str(descriptor.readlink()) == str(path)
    return found


def test_one_that_is_deleted_in_the_middle_of_a_write_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = Audit(tmp_path)
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: (audit.path.unlink(missing_ok=True), real(descriptor)))
    with pytest.raises(FileNotFoundError):
        audit.append("a")
    monkeypatch.undo()
    audit.append("a")
    assert audit.path.read_bytes() == line("a")


def test_a_directory_that_is_gone_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    audit = Audit(tmp_path / "sub")
    audit.append("a")
    audit.path.unlink()
    audit.path.parent.rmdir()
    with pytest.raises(FileNotFoundError):
        audit.append("b")


def test_rotation_by_size(tmp_path: Path) -> None:
    audit = Audit(tmp_path, size=3 * len(line("a")), compress=False)

    rotated = [audit.append(text) for text in "abcdefg"]

    assert rotated == [False, False, False, True, False, False, True]
    assert audit.aside() == {
        "20231115T000000.000000Z": line("a") + line("b") + line("c"),
        "20231115T000000.000001Z": line("d") + line("e") + line("f"),
    }
    assert audit.path.read_bytes() == line("g")


def test_a_line_that_is_larger_than_a_file_may_be_has_one_of_its_own(tmp_path: Path) -> None:
    audit = Audit(tmp_path, size=10, compress=False)
    assert [audit.append(text) for text in "ab"] == [False, True]
    assert (list(audit.aside().values()), audit.path.read_bytes()) == ([line("a")], line("b"))


def test_rotation_by_age_is_at_midnight_also_after_a_restart(tmp_path: Path) -> None:
    for text, now in (("a", -3600), ("b", -1), ("c", 0), ("d", 86399), ("e", 5 * 86400)):
        audit = Audit(tmp_path, every="1d", compress=False)
        audit.append(text, MIDNIGHT + now)
        os.utime(audit.path, (MIDNIGHT + now, MIDNIGHT + now))

    assert audit.aside() == {
        "20231115T000000.000000Z": line("a") + line("b"),
        "20231120T000000.000000Z": line("c") + line("d"),
    }
    assert audit.path.read_bytes() == line("e")


def test_what_is_put_aside_is_compressed_and_the_oldest_deleted(tmp_path: Path) -> None:
    audit = Audit(tmp_path, size=1, keep=2)
    (tmp_path / "audit.jsonl.old").write_bytes(b"somebody else's")
    for text in "abcd":
        audit.append(text)
    audit.path.chmod(0o640)
    audit.append("e")
    assert audit.rotation is not None
    audit.rotation.tidy_up()

    assert {name: gzip.decompress(content) for name, content in audit.aside().items()} == {
        "20231115T000000.000002Z.gz": line("c"),
        "20231115T000000.000003Z.gz": line("d"),
    }
    assert {path.stat().st_mode & 0o777 for path in audit.rotation.aside()} == {0o600, 0o640}
    assert (tmp_path / "audit.jsonl.old").exists()
    assert len(list(tmp_path.iterdir())) == 4


def test_an_interrupted_compression_is_begun_again(tmp_path: Path) -> None:
    audit = Audit(tmp_path, size=1)
    for text in "ab":
        audit.append(text)
    assert audit.rotation is not None
    [aside] = audit.rotation.aside()
    aside.with_name(f"{aside.name}.gz.partial").write_bytes(b"half of what it sho")

    audit.rotation.tidy_up()

    assert {name: gzip.decompress(content) for name, content in audit.aside().items()} == {
        "20231115T000000.000000Z.gz": line("a")
    }
    assert len(list(tmp_path.iterdir())) == 2


def test_a_compression_without_room_leaves_the_file(tmp_path: Path) -> None:
    audit = Audit(tmp_path, size=1)
    for text in (os.urandom(5000).hex(), "b"):
        audit.append(text)
    assert audit.rotation is not None
    before = audit.aside()

    with no_file_longer_than(10), pytest.raises(OSError, match="too large"):
        audit.rotation.tidy_up()

    assert audit.aside() == before
    assert len(list(tmp_path.iterdir())) == 2


WRITING = """
import sys
from pathlib import Path
from cockpit_gateway_jsonl.files import LineFile
file = LineFile(Path(sys.argv[1]), None, lambda count: print("torn", count, flush=True))
for number in range(10**9):
    file.append(b'{"delivery_id":"%d","more":"%s"}\\n' % (number, b"x" * 5_000_000), 0.0)
    print(number, flush=True)
"""


def test_a_process_that_is_killed_while_it_writes_leaves_no_half_line_for_the_next(tmp_path: Path) -> None:
    audit = Audit(tmp_path)
    for _ in range(3):
        writing = subprocess.Popen([sys.executable, "-c", WRITING, audit.path], stdout=subprocess.PIPE, text=True)
        assert writing.stdout is not None
        told = [writing.stdout.readline() for _ in range(2)]
        grown = audit.path.stat().st_size
        deadline = time.monotonic() + 15
        while audit.path.stat().st_size == grown and time.monotonic() < deadline:
            pass  # in the middle of a write, or shortly after it
        writing.kill()
        told += writing.stdout.readlines()
        writing.stdout.close()
        writing.wait()
        audit.append("whole")
        lines = audit.path.read_bytes().splitlines(keepends=True)
        assert lines[-1] == line("whole")
        assert all(found.startswith(b'{"delivery_id":"') and found.endswith(b'"}\n') for found in lines)
        written = [text for text in told if not text.startswith("torn")]
        assert len(lines) - 1 >= len(written)
        audit.path.unlink()


def test_two_processes_write_to_one_file(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    script = WRITING.replace("10**9", "50").replace("5_000_000", "50_000")
    writers = [subprocess.Popen([sys.executable, "-c", script, path], stdout=subprocess.PIPE) for _ in range(2)]
    assert b"torn" not in b"".join(writer.communicate()[0] for writer in writers)
    lines = path.read_bytes().splitlines()
    assert len(lines) == 100
    assert {len(found) for found in lines} == {
        50_000 + len('{"delivery_id":"1","more":""}') + extra for extra in (0, 1)
    }
