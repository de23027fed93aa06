"""What requests answers and raises, as a `Response` and as sentences."""

from __future__ import annotations

from typing import Any

import requests

from scraper.errors import FetchError
from scraper.redact import redact_url
from scraper.request import Request
from scraper.response import Response


def response_of(
    answer: requests.Response,
    request: Request,
    *,
    content: bytes | None = None,
    elapsed: float = 0.0,
    attempts: int = 1,
) -> Response:
    """Return an answer of requests as the answer to `request`, with `content` as its body where given."""
    response = Response(
        answer.url,
        status=answer.status_code,
        headers=answer.headers,
        content=answer.content if content is None else content,
        request=request,
        history=tuple(step.url for step in answer.history),
        elapsed=elapsed,
        attempts=attempts,
    )
    response.set_cookies = tuple(_set_cookies(answer)) if "Set-Cookie" in answer.headers else ()
    return response


def _set_cookies(answer: Any) -> list[str]:
    headers: Any = getattr(answer.raw, "headers", None)
    return list(headers.getlist("Set-Cookie")) if hasattr(headers, "getlist") else []


def fetch_error(error: Exception, request: Request) -> FetchError:
    """Put an error of requests, or one that it lets through, into a sentence."""
    attempts = getattr(error, "attempts", 1)
    times = "" if attempts == 1 else f" {attempts} times"
    wrapped = FetchError(
        f"{request.method} {redact_url(request.url)} failed{times}: {_reason(error)}.",
        request=getattr(error, "request", None),
        response=getattr(error, "response", None),
    )
    wrapped.attempts = attempts
    return wrapped


def _reason(error: BaseException) -> str:
    if "NameResolutionError" in repr(error):
        return "the name of the host is not known"
    for kind, words in _REASONS:
        if isinstance(error, kind):
            return words
    return type(error).__name__


_REASONS = (
    (requests.exceptions.SSLError, "the TLS connection could not be made or trusted"),
    (requests.exceptions.ProxyError, "the proxy did not connect"),
    (requests.ConnectTimeout, "no connection in time"),
    (requests.Timeout, "no answer in time"),
    (requests.exceptions.ChunkedEncodingError, "the answer broke off"),
    (requests.exceptions.ContentDecodingError, "the answer could not be decompressed"),
    ((requests.ConnectionError, OSError), "the connection was refused or broke off"),
)
