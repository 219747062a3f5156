"""A certificate that cannot be used: the message says which file, and what to do."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.config import ConfigFile
from cockpit_gateway.config.tls import Tls, TlsError, server_context
from cockpit_gateway.errors import ConfigError


@pytest.fixture
def files(tmp_path: Path) -> Tls:
    issued = trustme.CA().issue_cert("localhost")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    return Tls(cert=tmp_path / "cert.pem", key=tmp_path / "key.pem")


def refusal(tls: Tls) -> tuple[str, str]:
    with pytest.raises(TlsError) as refused:
        server_context(tls)
    return refused.value.setting, str(refused.value)


def test_a_good_one(files: Tls) -> None:
    assert server_context(files).minimum_version == ssl.TLSVersion.TLSv1_2


def test_both_in_one_file(files: Tls) -> None:
    files.cert.write_bytes(files.cert.read_bytes() + files.key.read_bytes())
    server_context(Tls(cert=files.cert, key=files.cert))


@pytest.mark.parametrize("setting", ["cert", "key"])
def test_a_file_that_is_not_there(files: Tls, setting: str) -> None:
    path: Path = getattr(files, setting)
    path.unlink()
    assert refusal(files) == (setting, f"{path} cannot be read: No such file or directory")


def test_files_that_are_something_else(files: Tls) -> None:
    swapped = Tls(cert=files.key, key=files.cert)
    assert refusal(swapped) == (
        "cert",
        f"{files.key} holds no certificate in PEM form (-----BEGIN …CERTIFICATE-----)",
    )
    no_key = Tls(cert=files.cert, key=files.cert)
    assert refusal(no_key) == ("key", f"{files.cert} holds no private key in PEM form (-----BEGIN …PRIVATE KEY-----)")


def test_a_key_of_another_certificate(files: Tls) -> None:
    trustme.CA().issue_cert("localhost").private_key_pem.write_to_path(files.key)
    assert refusal(files) == ("key", f"{files.key} is not the key of the certificate in {files.cert}")


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_an_encrypted_key(files: Tls, form: PrivateFormat) -> None:
    key = load_pem_private_key(files.key.read_bytes(), None)
    files.key.write_bytes(key.private_bytes(Encoding.PEM, form, BestAvailableEncryption(b"x")))
    setting, message = refusal(files)
    assert setting == "key"
    assert message.startswith(f"{files.key} is encrypted; a daemon can ask nobody: openssl pkey -in ")


def test_damaged_files(files: Tls) -> None:
    files.cert.write_text("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
    setting, message = refusal(files)
    assert setting == "cert"
    assert message.startswith(f"{files.cert} and {files.key} cannot be used: ")


def test_check_points_at_the_setting(files: Tls) -> None:
    text = f"server:\n  tls:\n    cert: {files.cert}\n    key: {files.key}x\n"
    file = ConfigFile.from_text(text, "x.yaml", {})
    with pytest.raises(ConfigError) as refused:
        file.validate({}, Catalogue())
    assert str(refused.value).startswith(f"x.yaml:4:10: server.tls.key: {files.key}x cannot be read: No such file")
    assert file.place is not None
