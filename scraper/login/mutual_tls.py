"""`Certificate`: TLS connections over which a certificate is shown to the server."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.adapters import BaseAdapter
from urllib3.util.ssl_ import create_urllib3_context

from scraper.auth import Authorization
from scraper.login.pem import Pem
from scraper.transport import Adapter

REFUSED, MISSING, BROKEN_OFF = 495, 496, 525
"""Statuses that are not registered: for a certificate that is refused, for none, for a failed handshake."""

_ALERT = re.compile("ALERT_.*(CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED|HANDSHAKE_FAILURE)")


@dataclass(frozen=True)
class Certificate(Authorization):
    """A certificate and its key; `fingerprint` tells it from a renewed one.

    Both are here as they were at the sign-in, whatever has become of their files, also in other processes.
    """

    fingerprint: str
    pem: Pem = field(compare=False)

    @property
    def secrets(self) -> Iterable[str]:
        """The lines of the key, and what opens it."""
        return self.pem.secrets

    def adapter(self, pool_size: int) -> BaseAdapter:
        """Return what makes connections over which the certificate is shown."""
        return Showing(self, pool_size)

    def context(self, *, is_checked: bool) -> ssl.SSLContext:
        """Return TLS settings with the certificate; unless `is_checked`, the server may be anyone."""
        context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED if is_checked else ssl.CERT_NONE)
        self.pem.load_into(context)
        return context


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
