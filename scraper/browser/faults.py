"""What Playwright raises, as sentences. Its own messages tell each call with what was filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import requests

from scraper.errors import FetchError, TooSlow
from scraper.redact import redact_url

_PASSING = re.compile(r"net::ERR_(CONNECTION|EMPTY|NETWORK|TIMED|SOCKET|NAME)|closed|crash|disconnected")
_CODE = re.compile(r"net::ERR_([A-Z_]+)")
_REASONS = {
    "NAME_NOT_RESOLVED": "the name of the host is not known",
    "CONNECTION_REFUSED": "the connection was refused",
    "TOO_MANY_REDIRECTS": "it redirects too often",
    "BLOCKED_BY_CLIENT": "it would have gone where it may not",
    "PROXY_CONNECTION_FAILED": "the proxy did not connect",
    "TUNNEL_CONNECTION_FAILED": "the proxy did not connect",
}
_CERTIFICATE = (
    "Chromium does not trust its certificate, and reads no CA file: add the CA to Chromium's own store, or "
    "say verify=False"
)


class Broken(FetchError, requests.ConnectionError):
    """The connection, or the browser, broke off; it may work the next time."""


@contextmanager
def sentences(url: str) -> Iterator[None]:
    """Raise a `FetchError` about `url` for what Playwright raises, without its words."""
    try:
        yield
    except TimeoutError:
        raise TooSlow(f"{redact_url(url)} was not done in time in the browser.") from None
    except Exception as error:
        if not is_playwright_s(error):
            raise
        kind = Broken if _PASSING.search(str(error)) else FetchError
        raise kind(f"{redact_url(url)} failed in the browser: {_reason(error)}.") from None


def is_playwright_s(error: BaseException) -> bool:
    """Whether an error is one of Playwright's own."""
    return type(error).__module__.startswith("playwright")


def _reason(error: Exception) -> str:
    text = str(error)
    if code := _CODE.search(text):
        name = code[1]
        plain = f"ERR_{name}"
        return _CERTIFICATE if name.startswith("CERT_") else _REASONS.get(name, plain)
    if "closed" in text or "crash" in text or "disconnected" in text:
        return "the browser crashed, or was closed"
    return "no answer in time" if type(error).__name__ == "TimeoutError" else "the browser gave up"
