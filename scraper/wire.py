"""A GET over a kept connection, as most of a crawl are, at a third of what urllib3 and http.client cost.

Whatever is not that plain goes the long way: another method, a body, a proxy, a new connection, an answer
that is not as RFC 9112 wants it.
"""

from __future__ import annotations

import io
import math
import re
import socket
import time
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import requests
from requests.exceptions import ChunkedEncodingError, ReadTimeout
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers
from urllib3 import HTTPHeaderDict, HTTPResponse

from scraper.errors import TooLarge
from scraper.redact import redact_url
from scraper.turns import passed

CHUNK = 64 * 1024
LONGEST_HEAD, MOST_HEADERS = 64 * 1024, 100

_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9][0-9])(?: ([^\r\n]*))?")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?")


class Odd(Exception):
    """This answer is for the long way."""


class TooMuch(Exception):
    """The body is longer than it may be."""


class Raw:
    """What an answer came from, for those who ask: its headers, with doubled ones apart; nothing is open."""

    def __init__(self, headers: HTTPHeaderDict) -> None:
        self.headers, self.msg, self._original_response = headers, self, self

    def get_all(self, name: str, default: Any = None) -> Any:
        """Return the values of a header; so requests asks for cookies."""
        return self.headers.getlist(name) or default

    def isclosed(self) -> bool:
        """It is."""
        return True

    def close(self) -> None:
        """It is closed."""

    release_conn = close


class _Stream:
    """What comes from a socket, until the deadline."""

    def __init__(self, sock: socket.socket, patience: float, deadline: float) -> None:
        self.sock, self.patience, self.deadline, self.data = sock, patience, deadline, b""

    def more(self) -> bytes:
        left = self.deadline - time.monotonic()
        if left < self.patience:
            if left <= 0:
                raise TimeoutError("the deadline of the exchange has passed")
            self.sock.settimeout(left)
        with passed():
            return self.sock.recv(CHUNK)

    def until(self, mark: bytes, limit: int) -> bytes:
        """Return what comes before `mark`."""
        while (end := self.data.find(mark)) < 0:
            if len(self.data) > limit:
                raise Odd
            piece = self.more()
            if not piece:
                raise ConnectionResetError("the connection was closed without an answer")
            self.data += piece
        found, self.data = self.data[:end], self.data[end + len(mark) :]
        return found

    def exactly(self, size: int) -> bytes:
        """Return so many bytes."""
        missing = size - len(self.data)
        if missing <= 0:
            found, self.data = self.data[:size], self.data[size:]
            return found
        parts = [self.data]
        while missing > 0:
            piece = self.more()
            if not piece:
                raise ChunkedEncodingError(f"the answer broke off, {missing} bytes short")
            parts.append(piece)
            missing -= len(piece)
        found = b"".join(parts)
        self.data = found[size:]
        return found[:size] if missing else found

    def rest(self, limit: int) -> bytes:
        """Return what comes until the end."""
        parts, size = [self.data], len(self.data)
        while piece := self.more():
            parts.append(piece)
            size += len(piece)
            if size > limit:
                raise TooMuch
        return b"".join(parts)

    def chunks(self, limit: int) -> bytes:
        """Return a chunked body (RFC 9112, 7.1); trailers are passed over."""
        parts, total = [], 0
        while True:
            line = _SIZE.fullmatch(self.until(b"\r\n", CHUNK))
            if line is None:
                raise Odd
            size = int(line[1], 16)
            if not size:
                break
            total += size
            if total > limit:
                raise TooMuch
            parts.append(self.exactly(size))
            if self.exactly(2) != b"\r\n":
                raise Odd
        while self.until(b"\r\n", LONGEST_HEAD):
            pass
        return b"".join(parts)


def pairs_of(headers: Any) -> Iterable[tuple[str, Any]]:
    """Return names and values; requests' own dictionary looks each up again to say them."""
    if type(headers) is not CaseInsensitiveDict:
        return headers.items()  # type: ignore[no-any-return]
    store: Any = vars(headers)["_store"]
    return store.values()  # type: ignore[no-any-return]


def get(connection: Any, request: Any, host: str, patience: float | None, deadline: float, limit: int) -> Any:
    """Send a prepared GET over an open connection; return requests' response, and if it can be kept.

    Raises `Odd` where this has to go the long way, over another connection.
    """
    lines = [f"GET {request.path_url} HTTP/1.1", f"Host: {host}"]
    lines += [f"{_text(name)}: {_text(value)}" for name, value in pairs_of(request.headers)]
    head = "\r\n".join([*lines, "\r\n"])
    if head.count("\r") != len(lines) + 1 or head.count("\n") != len(lines) + 1:
        raise Odd
    patience = patience or math.inf
    left = deadline - time.monotonic()
    sock = connection.sock
    seconds = min(patience, left) if left < math.inf or patience < math.inf else None
    if sock.gettimeout() != seconds:
        sock.settimeout(seconds)
    stream = _Stream(sock, patience, deadline)
    try:
        sock.sendall(head.encode("latin-1"))
        status, version, reason, pairs = _head(stream)
    except TimeoutError as error:
        raise ReadTimeout(error, request=request) from error
    except UnicodeEncodeError as error:
        raise Odd from error
    except OSError as error:
        raise requests.ConnectionError(error, request=request) from error
    headers = CaseInsensitiveDict(pairs)
    try:
        body, is_whole = _body(stream, status, headers, limit)
    except TimeoutError as error:
        raise ReadTimeout(error, request=request) from error
    except requests.RequestException:
        raise
    except OSError as error:
        raise ChunkedEncodingError(error, request=request) from error
    except TooMuch:
        raise TooLarge(
            f"{redact_url(request.url)} sent more than {limit} bytes; raise max_body to take it.",
            request=request,
        ) from None
    connection_header = headers.get("Connection", "").lower()
    is_kept = is_whole and not stream.data and version == b"1" and "close" not in connection_header
    return _response(request, status, reason, headers, pairs, body), is_kept


def _text(part: str | bytes) -> str:
    """Read the name or the value of a header, which requests takes as bytes too."""
    return part.decode("latin-1") if isinstance(part, bytes) else part


def _head(stream: _Stream) -> tuple[int, bytes, str, list[tuple[str, str]]]:
    while True:
        first, _, rest = stream.until(b"\r\n\r\n", LONGEST_HEAD).partition(b"\r\n")
        match = _STATUS.fullmatch(first)
        if match is None or match[2] == b"101":
            raise Odd
        if match[2][0] != 49:  # 1xx
            break
    return int(match[2]), match[1], (match[3] or b"").decode("latin-1"), _pairs(rest.decode("latin-1"))


def _pairs(lines: str) -> list[tuple[str, str]]:
    """Return the names and the values of header lines."""
    if not lines:
        return []
    pairs = []
    for line in lines.split("\r\n"):
        name, colon, value = line.partition(":")
        if not colon or "\n" in value or not _is_name(name):
            raise Odd
        pairs.append((name, value.strip(" \t")))
    if len(pairs) > MOST_HEADERS:
        raise Odd
    return pairs


@lru_cache(maxsize=1024)
def _is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


def _body(stream: _Stream, status: int, headers: Any, limit: int) -> tuple[bytes, bool]:
    """Return the body, and whether the answer ends with it."""
    if status in (204, 304):
        return b"", True
    coding = headers.get("Transfer-Encoding")
    if coding is not None:
        if coding.lower() != "chunked" or "Content-Length" in headers:
            raise Odd
        return stream.chunks(limit), True
    length = headers.get("Content-Length")
    if length is None:
        return stream.rest(limit), False
    if not (length.isascii() and length.isdigit()):
        raise Odd
    if int(length) > limit:
        raise TooMuch
    return stream.exactly(int(length)), True


def _response(
    request: Any, status: int, reason: str, headers: Any, pairs: list[tuple[str, str]], body: bytes
) -> requests.Response:
    response = requests.Response()
    response.status_code, response.reason, response.headers = status, reason, headers
    response.url, response.request = request.url, request
    response.encoding = get_encoding_from_headers(headers)
    if len(headers) != len(pairs):  # doubled ones in one line, as urllib3 has them
        response.headers = CaseInsensitiveDict(HTTPHeaderDict(pairs))
    response.raw = Raw(HTTPHeaderDict(pairs)) if "Set-Cookie" in headers else None
    if "Content-Encoding" in headers:
        listed = HTTPHeaderDict(pairs)
        original: Any = Raw(listed)
        response.raw = HTTPResponse(
            io.BytesIO(body),
            listed,
            status,
            preload_content=False,
            original_response=original,
        )
    else:
        response._content, response._content_consumed = body, True  # type: ignore[attr-defined]
    return response
