"""`Ntlm`: signs connections in, each by a handshake in three messages ([MS-NLMP], over HTTP [MS-NTHT])."""

from __future__ import annotations

import threading
import weakref
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import requests
from requests.adapters import BaseAdapter
from requests.models import PreparedRequest

from scraper.auth import Authorization, can_send_again, let_go, rewind
from scraper.errors import ConfigError, FetchError
from scraper.login.challenges import Challenge, challenges
from scraper.redact import redact_url
from scraper.request import host_of
from scraper.transport import Adapter

SCHEMES = {"ntlm": "NTLM", "negotiate": "Negotiate"}
MOST_TRIES = 2
"""Handshakes for one request; a server may close the connection in the midst of the first."""

Send = Callable[[PreparedRequest], requests.Response]


@dataclass(frozen=True)
class Ntlm(Authorization):
    """Who signs in, over connections that are made for it."""

    username: str
    password: str = field(repr=False)

    @property
    def secrets(self) -> Iterable[str]:
        """The password."""
        return (self.password,)

    def adapter(self, pool_size: int) -> BaseAdapter:
        """Return what makes those connections."""
        return Handshakes(self)

    def client(self, hostname: str, certificate: bytes | None) -> Any:
        """Return one side of a handshake with a server that has shown `certificate`."""
        try:
            import spnego
        except ImportError:
            raise ConfigError(
                "NtlmLogin needs a package that is not installed; run pip install "
                '"login-aware-scraper[ntlm]".'
            ) from None
        return spnego.client(
            self.username,
            self.password,
            hostname=hostname,
            service="http",
            protocol="ntlm",
            options=spnego.NegotiateOptions.use_ntlm,
            channel_bindings=_bindings(certificate) if certificate else None,
        )


def offer(offered: Iterable[Challenge]) -> Challenge | None:
    """Return what NTLM can answer of what a server offers: NTLM itself, or Negotiate, which takes it too."""
    found = {one.scheme: one for one in offered}
    return next((found[scheme] for scheme in SCHEMES if scheme in found), None)


class Handshakes(BaseAdapter):
    """Connections that sign in; each thread has its own, so that no other gets into a handshake."""

    def __init__(self, ntlm: Ntlm) -> None:
        super().__init__()
        self._ntlm, self._mine = ntlm, threading.local()
        self._all: weakref.WeakSet[Adapter] = weakref.WeakSet()

    @property
    def _adapter(self) -> Adapter:
        if not hasattr(self._mine, "adapter"):
            self._mine.adapter = Adapter(1)
            self._all.add(self._mine.adapter)
        adapter: Adapter = self._mine.adapter
        return adapter

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """Send a request; over a connection that is not signed in yet, after a handshake."""
        options = {"verify": verify, "cert": cert, "proxies": proxies}
        send: Send = partial(self._adapter.send, stream=stream, timeout=timeout, **options)
        answer = send(request)
        for _ in range(MOST_TRIES):
            challenge = _challenge_of(answer)
            if challenge is None or not can_send_again(request):
                return answer
            let_go(answer)
            if (found := self._shake_hands(request, challenge.scheme, send, options)) is not None:
                return found
        where = redact_url(request.url or "")
        raise FetchError(f"{where} closes the connection in the midst of each handshake.")

    def _shake_hands(
        self, request: PreparedRequest, scheme: str, send: Send, options: Mapping[str, Any]
    ) -> requests.Response | None:
        """Send the two messages of a client; return the answer, or nothing where the connection was lost."""
        with self._connection(request, options) as connection:
            certificate = _certificate_of(connection)
        client = self._ntlm.client(host_of(request.url or ""), certificate)
        answer = _say(request, scheme, _next(client), send)
        challenge = _challenge_of(answer)
        if challenge is None:
            return answer
        let_go(answer)
        with self._connection(request, options) as connection:
            is_lost = connection.sock is None or not challenge.token
        return None if is_lost else _say(request, scheme, _next(client, challenge.token), send)

    @contextmanager
    def _connection(self, request: PreparedRequest, options: Mapping[str, Any]) -> Iterator[Any]:
        """Give the connection of this thread to look at; its socket is gone where the server closed it."""
        pool = self._adapter.get_connection_with_tls_context(request, **options)
        connection = pool._get_conn()
        try:
            yield connection
        finally:
            pool._put_conn(connection)

    def close(self) -> None:
        """Close all connections."""
        for adapter in list(self._all):
            adapter.close()


def _next(client: Any, token: str = "") -> bytes:
    """Return our next message, after that of the server."""
    try:
        return bytes(client.step(b64decode(token) if token else None) or b"")
    except Exception as error:  # whatever a server may send, and spnego makes of it
        raise FetchError(f"The NTLM handshake broke off: {type(error).__name__}.") from error


def _say(request: Any, scheme: str, message: bytes, send: Send) -> requests.Response:
    """Send a request once more, with a message of the handshake."""
    rewind(request)
    request.headers["Authorization"] = f"{SCHEMES[scheme]} {b64encode(message).decode()}"
    try:
        return send(request)
    finally:
        del request.headers["Authorization"]


def _challenge_of(answer: requests.Response) -> Challenge | None:
    if answer.status_code != 401:
        return None
    return offer(challenges(answer.headers.get("WWW-Authenticate", "")))


def _certificate_of(connection: Any) -> bytes | None:
    """Return the certificate that a server has shown, where there is TLS."""
    peer = getattr(connection.sock, "getpeercert", None)
    return peer(binary_form=True) if peer else None


def _bindings(certificate: bytes) -> Any:
    """Return what binds a handshake to its TLS connection (RFC 5929, 4: tls-server-end-point)."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from spnego.channel_bindings import GssChannelBindings

    used = x509.load_der_x509_certificate(certificate).signature_hash_algorithm
    is_weak = used is None or used.name in ("md5", "sha1")
    digest = hashes.Hash(hashes.SHA256() if used is None or is_weak else used)
    digest.update(certificate)
    return GssChannelBindings(application_data=b"tls-server-end-point:" + digest.finalize())
