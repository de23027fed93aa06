"""Connections that keep to a deadline and know whom they reach: the adapter under every session.

One exchange runs in one thread; what it is allowed to do stands in `exchange`, of which every thread has its
own.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import logging
import math
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import extract_cookies_to_jar
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from scraper import wire
from scraper.turns import passed

log = logging.getLogger("urllib3.connectionpool")  # where this was logged if urllib3 had done it

MAX_HOSTS = 256
MOMENT = 0.005  # seconds


class Exchange(threading.local):
    """What the exchange of this thread may do, and what it has seen.

    `deadline` is on the clock of ``time.monotonic``. `peer` is the address of the server that was reached
    last, ``None`` behind a proxy. Where `is_public_only`, no server on a private address is spoken to.
    """

    deadline: float = math.inf
    limit: int = 0
    is_public_only: bool = False
    peer: str | None = None

    @contextmanager
    def begin(self, seconds: float, limit: int = 0) -> Iterator[None]:
        """Run an exchange that may take so long; one that a hook begins has no more than is left."""
        around = self.deadline, self.limit, self.is_public_only, self.peer
        self.limit = limit
        self.deadline = min(self.deadline, time.monotonic() + seconds)
        self.is_public_only, self.peer = False, None
        try:
            yield
        finally:
            self.deadline, self.limit, self.is_public_only, self.peer = around

    @property
    def is_running(self) -> bool:
        """Whether this thread is in the middle of an exchange."""
        return self.deadline < math.inf

    @property
    def left(self) -> float:
        """The seconds that are left; 0 from a moment before the deadline, as timeouts are not exact."""
        left = self.deadline - time.monotonic()
        return left if left > MOMENT else 0.0


_extract: Any = extract_cookies_to_jar
exchange = Exchange()


class PrivateAddress(Exception):
    """A server on a private address was to be spoken to, and may not be."""


def is_public(address: str | None) -> bool:
    """Whether an IP address is one of the public internet; ``None``, not known, is not."""
    return address is not None and ipaddress.ip_address(address.partition("%")[0]).is_global


class Reader(io.RawIOBase):
    """Reads from a socket until the deadline, however slowly the bytes drip."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: float) -> None:
        super().__init__()
        self.raw, self.sock, self.deadline = raw, sock, deadline
        self.patience = sock.gettimeout() or math.inf

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what is there; raise `TimeoutError` past the deadline or the patience between two reads."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline of the exchange has passed")
        self.sock.settimeout(min(self.patience, left))
        with passed():
            return self.raw.readinto(buffer)

    def close(self) -> None:
        """Close what it reads from."""
        self.raw.close()
        super().close()


class Answer(http.client.HTTPResponse):
    """A response that is read until the deadline of the exchange it began in."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        if exchange.is_running:
            raw: Any = self.fp.detach()
            self.fp = io.BufferedReader(Reader(raw, sock, exchange.deadline))


class _Bounded:
    """What plain and TLS connections have in common."""

    response_class: Any = Answer
    peer: str | None = None

    def _new_conn(self) -> socket.socket:
        connection: Any = self
        if exchange.is_running:
            connection.timeout = min(connection.timeout or math.inf, exchange.left or MOMENT)
        sock: socket.socket = super()._new_conn()  # type: ignore[misc]
        self.peer = None if connection.proxy else sock.getpeername()[0]
        try:
            self._meet()
        except PrivateAddress:
            sock.close()
            raise
        return sock

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send a request, over a connection that may be an old one."""
        connection: Any = self
        if connection.sock is not None:
            self._meet()
        super().request(*args, **kwargs)  # type: ignore[misc]

    def send(self, data: Any) -> None:
        """Send bytes of a request until the deadline."""
        connection: Any = self
        if connection.sock is None:
            connection.connect()
        if exchange.is_running:
            if not exchange.left:
                raise TimeoutError("the deadline of the exchange has passed")
            connection.sock.settimeout(exchange.left)
        super().send(data)  # type: ignore[misc]

    def _meet(self) -> None:
        if exchange.is_public_only and self.peer is not None and not is_public(self.peer):
            raise PrivateAddress(self.peer)
        exchange.peer = self.peer


class Connection(_Bounded, HTTPConnection):
    """A plain connection."""


class TLSConnection(_Bounded, HTTPSConnection):
    """A TLS connection."""


class Pool(HTTPConnectionPool):
    """Plain connections to one host."""

    ConnectionCls = Connection
    is_set_up = False
    authority = ""


class TLSPool(HTTPSConnectionPool):
    """TLS connections to one host."""

    ConnectionCls = TLSConnection
    is_set_up = False
    authority = ""


POOLS = {"http": Pool, "https": TLSPool}


class Adapter(HTTPAdapter):
    """requests' adapter over these connections; it looks up the pool of an origin once, not for each call."""

    def __init__(self, pool_size: int) -> None:
        self._pools: dict[tuple[Any, ...], Any] = {}
        super().__init__(pool_connections=MAX_HOSTS, pool_maxsize=pool_size)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools of our own kind."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> PoolManager:
        """Return a proxy's pools, of our own kind (SOCKS has its own)."""
        manager: PoolManager = super().proxy_manager_for(proxy, **kwargs)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = POOLS
        return manager

    def send(
        self,
        request: Any,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """Send a request, the short way where that is possible."""
        if exchange.limit and request.method == "GET" and request.body is None and not proxies:
            answer = self._get(request, timeout, verify, cert)
            if answer is not None:
                return answer
        with passed():
            return super().send(request, stream, timeout, verify, cert, proxies)

    def _get(self, request: Any, timeout: Any, verify: Any, cert: Any) -> requests.Response | None:
        pool = self.get_connection_with_tls_context(request, verify, cert=cert)
        patience = timeout[1] if isinstance(timeout, tuple) else timeout
        is_plain = isinstance(patience, float | int | None) and "Host" not in request.headers
        if not is_plain or type(pool) not in (Pool, TLSPool):
            return None
        connection = pool._get_conn()
        if connection.sock is None:
            pool._put_conn(connection)
            return None
        is_kept = False
        try:
            connection._meet()
            answer, is_kept = wire.get(
                connection, request, pool.authority, patience, exchange.deadline, exchange.limit
            )
        except wire.Odd:
            return None
        finally:
            if not is_kept:
                connection.close()
            pool._put_conn(connection)
        if "Set-Cookie" in answer.headers:
            _extract(answer.cookies, request, answer.raw)
        answer.connection = self
        if log.isEnabledFor(logging.DEBUG):
            size = answer.headers.get("Content-Length")
            where = f"{pool.scheme}://{pool.host}:{pool.port}"
            log.debug('%s "GET %s HTTP/1.1" %s %s', where, request.path_url, answer.status_code, size)
        return answer  # type: ignore[no-any-return]

    def get_connection_with_tls_context(
        self, request: Any, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        """Return the pool for a request."""
        if proxies:
            return super().get_connection_with_tls_context(request, verify, proxies=proxies, cert=cert)
        scheme, _, rest = request.url.partition("://")
        key = (scheme, rest.partition("/")[0], verify, cert)
        pool: Any = self._pools.get(key)
        if pool is None or pool.pool is None:
            pool = super().get_connection_with_tls_context(request, verify, cert=cert)
            self.cert_verify(pool, request.url, verify, cert)
            pool.is_set_up = True
            host = f"[{pool.host}]" if ":" in pool.host else pool.host
            pool.authority = (
                host if pool.port in (None, pool.ConnectionCls.default_port) else f"{host}:{pool.port}"
            )
            if len(self._pools) >= MAX_HOSTS:
                self._pools.clear()
            self._pools[key] = pool
        return pool

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Set up TLS for a pool, where that is not done yet."""
        if not getattr(conn, "is_set_up", False):
            set_up: Any = super().cert_verify
            set_up(conn, url, verify, cert)

    def request_url(self, request: Any, proxies: Any) -> str:
        """Return what stands in the request line."""
        return super().request_url(request, proxies) if proxies else str(request.path_url)

    def build_response(self, req: Any, resp: Any) -> requests.Response:
        """Make requests' response of urllib3's."""
        response = requests.Response()
        response.status_code, response.reason, response.raw = resp.status, resp.reason, resp
        response.headers = CaseInsensitiveDict(resp.headers)
        response.encoding = get_encoding_from_headers(response.headers)
        response.url, response.request, response.connection = req.url, req, self
        if "Set-Cookie" in response.headers:
            _extract(response.cookies, req, resp)
        return response

    def close(self) -> None:
        """Close all connections."""
        self._pools.clear()
        super().close()
