"""`ClientCertLogin`: a certificate of one's own, shown to the server when a TLS connection is made."""

from __future__ import annotations

import hashlib
import re
import secrets
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Unpack

import requests
from requests.adapters import BaseAdapter
from urllib3.util.ssl_ import create_urllib3_context

from scraper.auth import Authorization
from scraper.errors import ConfigError
from scraper.login.base import Marks
from scraper.login.direct import Credential, DirectLogin, identity
from scraper.request import origin
from scraper.response import Response
from scraper.transport import Adapter
from scraper.values import Source, reveal, show

REFUSED, MISSING, BROKEN_OFF = 495, 496, 525
"""Statuses that are not registered: for a certificate that is refused, for none, for a failed handshake."""

_ALERT = re.compile("ALERT_.*(CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED|HANDSHAKE_FAILURE)")

PKCS12 = frozenset((".p12", ".pfx"))


def turns_away(page: Response) -> bool:
    """Whether an answer says that the certificate is missing or not accepted; nginx does so with 400."""
    says = b"SSL certificate" in page.content or b"client certificate" in page.content.lower()
    return page.status in (REFUSED, MISSING, BROKEN_OFF) or (page.status in (400, 401, 403) and says)


class ClientCertLogin(DirectLogin):
    """Sign in by a client certificate (mutual TLS): ``ClientCertLogin("client.pem", "client.key")``.

    `cert` and `key` are PEM files; without `key`, it is in `cert` too, which may also be PKCS #12 (``.p12``,
    ``.pfx``; needs the extra ``vault``). `password` opens an encrypted key. The files are read anew at each
    sign-in, so a renewed certificate may take the place of the old one. `site` is an address of the origin
    that it is shown to (default: that of the session's ``base_url``). Other arguments are those of `Login`.
    """

    def __init__(
        self,
        cert: str | Path,
        key: str | Path | None = None,
        *,
        password: Source | None = None,
        site: str = "/",
        **marks: Unpack[Marks],
    ) -> None:
        marks.setdefault("logged_out", turns_away)
        super().__init__(site, **marks)
        self.cert, self.key, self.password = Path(cert), Path(key) if key else None, password

    def __repr__(self) -> str:
        key = f", {str(self.key)!r}" if self.key else ""
        password = f", password={show(self.password)}" if self.password is not None else ""
        return f"ClientCertLogin({str(self.cert)!r}{key}{password})"

    @property
    def account(self) -> str | None:
        """The name of the file, which stays when the certificate is renewed."""
        return self.cert.stem

    def as_stranger(self) -> Authorization:
        """Return what makes connections without a certificate."""
        return Nobody()

    def credential(self, stranger: Response | None) -> Credential:
        """Read the files."""
        password = None if self.password is None else reveal(self.password)
        certificate = Certificate.read(self.cert, self.key, password)
        certificate.context(is_checked=True)  # so that what is wrong with the files is said first
        identified = identity(certificate=certificate.fingerprint)
        return Credential(f"the certificate {self.cert.name}", identified, certificate)

    def is_refused(self, page: Response) -> bool:
        """Whether the certificate is not accepted."""
        return super().is_refused(page) or turns_away(page)

    def _refuse_clear(self, url: str) -> None:
        if not url.startswith("https://"):
            raise ConfigError(
                f"A client certificate is shown over TLS only, and {origin(url)} has none; give its https "
                "address."
            )


@dataclass(frozen=True)
class Certificate(Authorization):
    """A certificate and its key, in files, and what opens them; `fingerprint` tells it from a renewed one."""

    cert: Path
    key: Path | None
    password: str | None = field(repr=False)
    fingerprint: str

    @classmethod
    def read(cls, cert: Path, key: Path | None, password: str | None) -> Certificate:
        """Return what the files hold now. Raises `ConfigError` where they cannot be read."""
        contents = [_read(path) for path in (cert, key) if path is not None]
        fingerprint = hashlib.sha256(b"\0".join(contents)).hexdigest()
        return cls(cert.absolute(), key.absolute() if key else None, password, fingerprint)

    def adapter(self, pool_size: int) -> BaseAdapter:
        """Return what makes connections over which the certificate is shown."""
        return Showing(self, pool_size)

    def context(self, *, is_checked: bool) -> ssl.SSLContext:
        """Return TLS settings with the certificate; unless `is_checked`, the server may be anyone."""
        context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED if is_checked else ssl.CERT_NONE)
        asked = _Asked(self.cert if self.key is None else self.key, self.password)
        try:
            with self._files() as (cert, key, opener):
                context.load_cert_chain(cert, key, opener or asked)
        except ssl.SSLError as error:
            raise ConfigError(self._what_is_wrong(asked, error)) from None
        except OSError as error:
            raise ConfigError(f"{error.filename or self.cert} cannot be read: {error.strerror}.") from None
        return context

    @contextmanager
    def _files(self) -> Iterator[tuple[Path, Path | None, str | None]]:
        """Give the files that OpenSSL reads, and what opens them; PKCS #12 is put into one, encrypted."""
        if self.cert.suffix.lower() not in PKCS12:
            yield self.cert, self.key, None
            return
        passphrase = secrets.token_urlsafe(32)
        with tempfile.TemporaryDirectory(prefix="certificate-") as folder:
            path = Path(folder) / "certificate.pem"
            path.write_bytes(_pem(self.cert, self.password, passphrase))
            yield path, None, passphrase

    def _what_is_wrong(self, asked: _Asked, error: ssl.SSLError) -> str:
        if error.reason == "KEY_VALUES_MISMATCH":
            return f"The key in {self.key or self.cert} is not that of the certificate in {self.cert}."
        if asked.was_asked:
            return f"The password does not open the key in {asked.path}."
        key = f" or {self.key} a key" if self.key else " and its key"
        return f"{self.cert} holds no certificate{key} in PEM (text that begins with -----BEGIN)."


class _Asked:
    """What OpenSSL asks for a password, and whether it did; unasked, it would ask at the terminal."""

    def __init__(self, path: Path, password: str | None) -> None:
        self.path, self._password, self.was_asked = path, password, False

    def __call__(self) -> str:
        self.was_asked = True
        if not self._password:
            raise ConfigError(f"The key in {self.path} is encrypted; give password=env('KEY_PASSWORD').")
        return self._password


@dataclass(frozen=True)
class Nobody(Authorization):
    """No certificate at all."""

    def adapter(self, pool_size: int) -> BaseAdapter:
        """Return what makes connections over which none is shown."""
        return Showing(None, pool_size)


class Showing(Adapter):
    """Connections over which a certificate is shown; those of one pool share their TLS settings.

    A server that breaks a connection off, as it does not accept the certificate or the lack of one, has
    answered: with status 495, or, where it may be for another reason, 525.
    """

    def __init__(self, certificate: Certificate | None, pool_size: int) -> None:
        self._certificate = certificate
        super().__init__(pool_size)

    def send(
        self,
        request: Any,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """Send a request; the certificate of the login stands in for that of the session."""
        try:
            return super().send(request, stream, timeout, verify, None, proxies)
        except requests.ConnectionError as error:
            if alert := _alert_in(error):
                return _answer_for(request, REFUSED, alert)
            if not any(isinstance(cause, self._silent) for cause in _causes(error)):
                raise
            status = REFUSED if self._certificate is None else BROKEN_OFF
            return _answer_for(request, status, "no reason given")

    @property
    def _silent(self) -> tuple[type[OSError], ...]:
        """What it looks like where the alert is lost on the way, as may happen with TLS 1.3.

        For who has a certificate, a connection that is reset is more likely one that was kept too long.
        """
        broken = (ssl.SSLEOFError, ssl.SSLZeroReturnError)
        return broken if self._certificate is not None else (*broken, ConnectionError)

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Set up TLS for a pool, with the certificate."""
        super().cert_verify(conn, url, verify, None)
        if self._certificate is not None and "ssl_context" not in conn.conn_kw:
            conn.conn_kw["ssl_context"] = self._certificate.context(is_checked=verify is not False)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what it came from, through the wrappings of urllib3."""
    while error is not None:
        yield error
        inner = getattr(error, "reason", None) or next(iter(error.args), None)
        error = inner if isinstance(inner, BaseException) else error.__cause__ or error.__context__


def _alert_in(error: BaseException) -> str:
    """Return what a server says of our certificate by a TLS alert (RFC 8446, 6.2); nothing if it does not."""
    alerts = (str(cause.reason) for cause in _causes(error) if isinstance(cause, ssl.SSLError))
    found = next(filter(_ALERT.search, alerts), "")
    return found.rpartition("ALERT_")[2].replace("_", " ").lower()


def _answer_for(request: Any, status: int, words: str) -> requests.Response:
    """Return the answer that a connection which was broken off stands for."""
    response = requests.Response()
    response.status_code, response.reason = status, "SSL Certificate Error"
    response.url, response.request = request.url, request
    response._content = f"The server broke the TLS connection off: {words}.".encode()
    response.headers["Content-Type"] = "text/plain"
    return response


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from None


def _pem(path: Path, password: str | None, passphrase: str) -> bytes:
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
        found: Any = load_pkcs12(_read(path), password.encode() if password else None)
    except ValueError:
        raise ConfigError(f"The password does not open {path}, or it is no PKCS #12 file.") from None
    if found.key is None or found.cert is None:
        raise ConfigError(f"{path} holds no certificate with its key.")
    key = found.key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode())
    )
    certificates = [found.cert, *found.additional_certs]
    return b"".join([*(one.certificate.public_bytes(Encoding.PEM) for one in certificates), key])
