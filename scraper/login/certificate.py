"""`ClientCertLogin`: a certificate of one's own, shown to the server when a TLS connection is made."""

from __future__ import annotations

import hashlib
import re
import time
from pathlib import Path
from typing import Unpack
from urllib.parse import urlsplit

from scraper.auth import Authorization
from scraper.errors import ConfigError
from scraper.login.base import Marks
from scraper.login.direct import Credential, DirectLogin, identity
from scraper.login.mutual_tls import BROKEN_OFF, MISSING, REFUSED, Certificate, Nobody
from scraper.login.pem import Pem
from scraper.request import origin
from scraper.response import Response
from scraper.values import Source, reveal, show

MOMENT = 0.5
"""Seconds after which files that do not fit are read once more."""

_PUBLIC = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END", re.DOTALL)


def turns_away(page: Response) -> bool:
    """Whether an answer says that the certificate is missing or not accepted; nginx does so with 400."""
    if page.status not in (400, 401, 403):
        return page.status in (REFUSED, MISSING, BROKEN_OFF)
    return b"ssl certificate" in page.content.lower() or b"client certificate" in page.content.lower()


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
        try:
            certificate = self._read(password)
        except ConfigError:  # which may be for the moment in which another takes its place
            time.sleep(MOMENT)
            certificate = self._read(password)
        identified = identity(certificate=certificate.fingerprint)
        return Credential(f"the certificate {self.cert.name}", identified, certificate)

    def _read(self, password: str | None) -> Certificate:
        """Read the files, and see that they serve."""
        pem = Pem.read(self.cert, self.key, password)
        public = b"".join(_PUBLIC.findall(pem.text)) or pem.text
        certificate = Certificate(hashlib.sha256(public).hexdigest(), pem)
        certificate.context(is_checked=True)
        return certificate

    def is_refused(self, page: Response) -> bool:
        """Whether the certificate is not accepted."""
        return super().is_refused(page) or turns_away(page)

    def _refuse_clear(self, url: str) -> None:
        if urlsplit(url).scheme != "https":
            raise ConfigError(
                f"A client certificate is shown over TLS only, and {origin(url)} has none; give its https "
                "address."
            )
