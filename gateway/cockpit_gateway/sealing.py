"""Sealing: what is secret and has to be kept is encrypted, and whoever changes it is noticed."""

from __future__ import annotations

import os
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cockpit_gateway.clock import Clock
from cockpit_gateway.config import Settings
from cockpit_gateway.config.encryption import SHORTEST_KEY
from cockpit_gateway.errors import SealError

Purpose: TypeAlias = Literal["answers", "endpoints", "sessions"]
"""What is sealed; what was sealed for one purpose does not open for another."""


class Sealer:
    """Seals and opens.

    Args:
        keys: The first one seals, all of them open; none for the one in `file`.
        file: Holds a key if no other is given; it is made when something is to be sealed.
        clock: Tells how old is what was sealed.

    Example:
        >>> from cockpit_gateway.clock import SystemClock
        >>> sealer = Sealer(["MHFYWDZ2dDVudm1xMzNtMXM4a2N0MW0="], Path("gateway.key"), SystemClock())
        >>> sealer.open("sessions", sealer.seal("sessions", b"me"))
        b'me'
    """

    def __init__(self, keys: Sequence[str], file: Path, clock: Clock) -> None:
        self._keys = keys
        self._file = file
        self._clock = clock
        self._filed: str | None = None
        """The key of the file, once it was read: a file that is lost meanwhile gets it back."""
        self._fernet = cache(self._make_fernet)

    @classmethod
    def of(cls, settings: Settings, clock: Clock) -> Sealer:
        """Return what a configuration asks for."""
        return cls([key.get_secret_value() for key in settings.encryption.keys], key_file(settings), clock)

    def seal(self, purpose: Purpose, data: bytes) -> bytes:
        """Return data encrypted and signed, as URL-safe base64.

        Args:
            purpose: What it is.
            data: The data.

        Raises:
            SealError: there is no key, and none can be made.
        """
        if not self._keys:
            _make(self._file, self._filed or secrets.token_urlsafe(32))
        return self._fernet(purpose).encrypt_at_time(data, int(self._clock.time()))

    def open(self, purpose: Purpose, sealed: bytes, max_age: float | None = None) -> bytes:
        """Return data that was sealed.

        Args:
            purpose: What it was sealed for.
            sealed: What `seal` returned.
            max_age: Seconds after which it does not open any more.

        Raises:
            SealError: none of the keys opens it, it was changed, it is too old, or the key is missing.
        """
        fernet = self._fernet(purpose)
        try:
            if max_age is None:
                return fernet.decrypt(sealed)
            return fernet.decrypt_at_time(sealed, int(max_age), int(self._clock.time()))
        except InvalidToken:
            raise SealError(
                f"none of the keys in {self._place} opens it, or it was changed: put the key back that it was sealed "
                "with; encryption.keys takes several"
            ) from None

    @property
    def _place(self) -> str:
        return "encryption.keys" if self._keys else str(self._file)

    def _make_fernet(self, purpose: Purpose) -> MultiFernet:
        if not self._keys and self._filed is None:
            self._filed = _read(self._file)
        return MultiFernet([_derive(key, purpose) for key in self._keys or [self._filed or ""]])


def key_file(settings: Settings) -> Path:
    """Return where the key is if the configuration gives none: `gateway.key` beside the store's file."""
    return settings.store.beside("gateway.key")


def _derive(key: str, purpose: Purpose) -> Fernet:
    derived = HKDF(SHA256(), 32, salt=None, info=f"cockpit-gateway {purpose}".encode()).derive(key.encode())
    return Fernet(urlsafe_b64encode(derived))


def _make(file: Path, key: str) -> None:
    """Write a key, for nobody else to read, unless there is one; it is on the disk before anything is sealed by it."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with open(descriptor, "w") as made:  # noqa: PTH123 - a descriptor
            made.write(f"{key}\n")
            made.flush()
            os.fsync(descriptor)
        directory = os.open(file.parent, os.O_RDONLY | os.O_CLOEXEC)
        os.fsync(directory)
        os.close(directory)
    except FileExistsError:
        return
    except OSError as error:
        raise SealError(
            f"{file}: no key can be made there: {error.strerror}; give one by encryption.keys in the configuration"
        ) from error


def _read(file: Path) -> str:
    try:
        mode = file.stat().st_mode
        key = file.read_text().strip()
    except FileNotFoundError:
        raise SealError(
            f"{file} is missing: put back the key that was there, or name it under encryption.keys"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SealError(f"{file}: the key cannot be read: {error}") from error
    if mode & 0o077:
        raise SealError(f"{file}: others can read the key (mode {mode & 0o777:o}); chmod 600 {file}")
    if len(key) < SHORTEST_KEY:
        raise SealError(f"{file}: there is no key in it; put back the one that was there, or delete the file")
    return key
