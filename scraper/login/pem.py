"""Certificates and keys in files: PEM, or PKCS #12 turned into it; no key is ever written in clear."""

from __future__ import annotations

import os
import re
import secrets
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scraper.errors import ConfigError
from scraper.redact import register

PKCS12 = frozenset((".p12", ".pfx"))
_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----(.*?)-----END", re.DOTALL)


@dataclass(frozen=True)
class Pem:
    """A certificate and its key as text, and what opens the key; `cert` and `key` name their files."""

    cert: str
    key: str
    text: bytes = field(repr=False)
    password: str | None = field(repr=False)

    @classmethod
    def read(cls, cert: Path, key: Path | None, password: str | None) -> Pem:
        """Read files. Raises `ConfigError` where that cannot be done."""
        text = b"\n".join(_read(path) for path in (cert, key) if path is not None)
        if cert.suffix.lower() in PKCS12:
            passphrase = secrets.token_urlsafe(32)
            text, password = _unpacked(cert, text, password, passphrase), passphrase
        pem = cls(str(cert), str(key or cert), text, password)
        for secret in pem.secrets:
            register(secret)
        return pem

    @property
    def secrets(self) -> Iterator[str]:
        """The lines of the key, and what opens it."""
        for block in _KEY.findall(self.text):
            yield from block.decode("latin-1").split()
        if self.password:
            yield self.password

    def load_into(self, context: ssl.SSLContext) -> None:
        """Let TLS connections show the certificate. Raises `ConfigError` where it is none that can be."""
        asked = _Asked(self)
        try:
            with _as_file(self.text) as path:
                context.load_cert_chain(path, password=asked)
        except ssl.SSLError as error:
            raise ConfigError(self._what_is_wrong(error, was_asked=asked.was_asked)) from None

    def _what_is_wrong(self, error: ssl.SSLError, *, was_asked: bool) -> str:
        if error.reason == "KEY_VALUES_MISMATCH":
            return f"The key in {self.key} is not that of the certificate in {self.cert}."
        if was_asked:
            return f"The password does not open the key in {self.key}."
        parts = "a certificate and its key" if self.key == self.cert else "a certificate"
        other = "" if self.key == self.cert else f", or {self.key} no key"
        return f"{self.cert} does not hold {parts}{other}, in PEM (text that begins with -----BEGIN)."


class _Asked:
    """What OpenSSL asks for a password, and whether it did; unasked, it would ask at the terminal."""

    def __init__(self, pem: Pem) -> None:
        self._pem, self.was_asked = pem, False

    def __call__(self) -> str:
        self.was_asked = True
        if not self._pem.password:
            raise ConfigError(f"The key in {self._pem.key} is encrypted; give password=env('KEY_PASSWORD').")
        return self._pem.password


@contextmanager
def _as_file(data: bytes) -> Iterator[str]:
    """Give a file for OpenSSL, which reads from nothing else: in memory, where the system has that."""
    with tempfile.TemporaryDirectory(prefix="certificate-") as folder:
        path, descriptor = f"{folder}/certificate.pem", None
        if hasattr(os, "memfd_create") and Path("/proc/self/fd").is_dir():
            descriptor = os.memfd_create("certificate")
            path = f"/proc/self/fd/{descriptor}"
        try:
            Path(path).write_bytes(data)
            yield path
        finally:
            if descriptor is not None:
                os.close(descriptor)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from None


def _unpacked(path: Path, data: bytes, password: str | None, passphrase: str) -> bytes:
    """Return what a PKCS #12 file holds as PEM, with the key encrypted by `passphrase`."""
    try:
        from cryptography.hazmat.primitives.serialization import (
            BestAvailableEncryption,
            Encoding,
            PrivateFormat,
        )
        from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12
    except ImportError:
        raise ConfigError(
            f"{path} is PKCS #12, for which a package is missing; run pip install "
            '"login-aware-scraper[vault]", or turn it into PEM.'
        ) from None
    try:
        found: Any = load_pkcs12(data, password.encode() if password else None)
    except ValueError:
        raise ConfigError(f"The password does not open {path}, or it is no PKCS #12 file.") from None
    if found.key is None or found.cert is None:
        raise ConfigError(f"{path} holds no certificate with its key.")
    key = found.key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode())
    )
    certificates = [found.cert, *found.additional_certs]
    return b"".join([*(one.certificate.public_bytes(Encoding.PEM) for one in certificates), key])
