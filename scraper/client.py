"""`Client`: a ``requests.Session`` with a browser's manners about cookies, credentials, time and size.

It knows nothing of logins; `Session` adds them.
"""

from __future__ import annotations

import inspect
import logging
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypedDict, Unpack
from urllib.parse import urldefrag, urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import ChunkedEncodingError, ContentDecodingError
from requests.models import PreparedRequest
from requests.utils import requote_uri, rewind_body

from scraper.auth import Authorization, Belongings, Credentials
from scraper.cookies import CookieJar
from scraper.errors import ConfigError, FetchError, TooLarge, TooManyRedirects, TooSlow
from scraper.prepared import Prepared, add_auth, endow, text
from scraper.redact import install, looks_secret, redact_url, register_url
from scraper.referrer import referrer
from scraper.request import is_http, origin
from scraper.retry import Retry
from scraper.transport import POOLS, Adapter, PrivateAddress, exchange, is_public

log = logging.getLogger(__name__)

USER_AGENT = f"login-aware-scraper python-requests/{requests.__version__}"
MAX_BODY = 32 * 1024 * 1024
MAX_REDIRECTS = 10
POOL_SIZE = 32
CHUNK = 256 * 1024
_POSITIONAL = list(inspect.signature(requests.Session.request).parameters)[3:]  # behind self, method, url


@dataclass(frozen=True)
class Timeout:
    """Limits of one exchange, in seconds: to connect, between two reads, and for the whole exchange.

    `total` is a deadline over connecting, redirects, headers and body, however slowly the bytes drip.
    """

    connect: float = 10.0
    read: float = 30.0
    total: float = 120.0

    def __post_init__(self) -> None:
        for name, seconds in vars(self).items():
            if not seconds > 0:
                raise ConfigError(f"A timeout is more than 0 seconds; {name} is {seconds}.")

    @classmethod
    def of(cls, value: Timeout | float | tuple[float, float]) -> Timeout:
        """Accept what requests does: seconds to connect and between two reads, as one number or as two."""
        if isinstance(value, Timeout):
            return value
        connect, read = value if isinstance(value, tuple) else (value, value)
        return cls(connect=connect, read=read)


DEFAULT_TIMEOUT = Timeout()
DEFAULT_RETRY = Retry()


class Options(TypedDict, total=False):
    """What a session takes by name; see `Session`."""

    timeout: Timeout | float | tuple[float, float]
    retry: Retry | int
    headers: Mapping[str, str] | None
    auth: Any
    proxies: Mapping[str, str] | None
    verify: bool | str
    cert: str | tuple[str, str] | None
    max_body: int
    pool_size: int
    allow_private_redirects: bool


class Client(Prepared):
    """A ``requests.Session`` that keeps cookies as a browser, is bounded and retried.

    See `Session` for the arguments.
    """

    def __init__(self, *, base_url: str | None = None, **options: Unpack[Options]) -> None:
        super().__init__(base_url, options.get("auth"))
        install()
        self.timeout = Timeout.of(options.get("timeout", DEFAULT_TIMEOUT))
        self.retry = Retry.of(options.get("retry", DEFAULT_RETRY))
        self.max_body, self.max_redirects = options.get("max_body", MAX_BODY), MAX_REDIRECTS
        self.headers.update({"User-Agent": USER_AGENT, **(options.get("headers") or {})})
        self.proxies.update(options.get("proxies") or {})
        self.verify, self.cert = options.get("verify", True), options.get("cert")
        self.allow_private_redirects = options.get("allow_private_redirects", False)
        self.pool_size = options.get("pool_size", POOL_SIZE)
        for scheme in ("http://", "https://"):
            self.mount(scheme, Adapter(self.pool_size))
        self._hurry = threading.Event()

    def mount(self, prefix: str | bytes, adapter: Any) -> None:
        """Use `adapter` for addresses that begin with `prefix`; requests' own keeps to deadlines too."""
        if type(adapter) is HTTPAdapter:
            adapter.poolmanager.pool_classes_by_scheme = POOLS
        super().mount(prefix, adapter)

    def __getstate__(self) -> Any:
        raise TypeError("A Session is not pickled: it holds credentials. Make one where it is needed.")

    def hurry(self) -> None:
        """From now on wait for no retry: what is under way ends with what it has."""
        self._hurry.set()

    @property
    def is_hurried(self) -> bool:
        """Whether no retry is waited for any more."""
        return self._hurry.is_set()

    # The staircase of one request, from the top: with retries, once and within limits, prepared, redirected

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request as ``requests.Session.request`` does, and raise what it raises.

        `TooSlow`, `TooLarge` and `TooManyRedirects` are errors of requests too.
        """
        kwargs = dict(zip(_POSITIONAL, args, strict=False)) | kwargs
        return self._send(text(method), self._resolve(text(url)), **kwargs)[0]

    def _resolve(self, url: str) -> str:
        is_relative = self.base_url and not url.startswith(("http://", "https://"))
        return urljoin(self.base_url or "", url) if is_relative else url

    def _send(
        self, method: str, url: str, *, policy: Retry | None = None, waits: bool = True, **kwargs: Any
    ) -> tuple[requests.Response, int]:
        """Send with retries; return the answer and the number of attempts."""
        send = partial(super().request, method, url, **kwargs)
        return (policy or self.retry).call(send, method=method, url=url, hurry=self._hurry, waits=waits)

    def send(self, request: PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a prepared request once, redirects included, within the limits of time and size."""
        if getattr(request, "is_hop", False):
            return self._keep_cookies(super().send(request, **kwargs))
        stream = kwargs.pop("stream", self.stream)
        kwargs["timeout"] = kwargs.get("timeout") or (self.timeout.connect, self.timeout.read)
        with exchange.begin(self.timeout.total, 0 if stream else self.max_body):
            try:
                answer = self._keep_cookies(super().send(request, stream=True, **kwargs))
                return answer if stream else self._read(answer)
            except PrivateAddress as error:
                raise FetchError(
                    f"{_shown(request)} redirects to the private address {error}, which is not asked for; "
                    "allow_private_redirects=True allows it.",
                    request=request,
                ) from error
            except requests.RequestException as error:
                if exchange.left or isinstance(error, FetchError):
                    raise
                raise TooSlow(
                    f"{_shown(request)} took longer than {self.timeout.total:g} s; raise timeout.total to "
                    "wait.",
                    request=request,
                ) from error

    def _keep_cookies(self, answer: requests.Response) -> requests.Response:
        """Keep the cookies of an answer of which requests sees none, as those of requests-mock."""
        raw: Any = answer.raw
        if "Set-Cookie" in answer.headers and not getattr(raw, "_original_response", None) and answer.url:
            self.cookies.store(answer.url, raw.headers.getlist("Set-Cookie"))
        return answer

    def _read(self, answer: requests.Response) -> requests.Response:
        """Read the body, as it is once decompressed, up to the limit."""
        content: Any = answer._content
        if isinstance(content, bytes) and len(content) <= self.max_body:
            return answer
        body = bytearray()
        for chunk in _chunks(answer):
            body += chunk
            if len(body) > self.max_body:
                answer.close()
                raise TooLarge(
                    f"{redact_url(answer.url)} sent more than {self.max_body} bytes; raise max_body to take "
                    "it.",
                    response=answer,
                )
        answer._content = bytes(body)
        return answer

    # Redirects

    def resolve_redirects(
        self, resp: Any, req: Any, *args: Any, yield_requests: bool = False, **kwargs: Any
    ) -> Iterator[Any]:
        """Follow redirects as a browser does, but never with credentials to where they do not belong.

        Cookies and credentials are worked out anew for each address. Only http and https addresses are
        followed, and no private address after a public one.
        """
        options = dict(zip(_REDIRECT_OPTIONS, args, strict=False)) | kwargs
        rebuild_proxies: Any = self.rebuild_proxies
        history: list[requests.Response] = []
        while url := self.get_redirect_target(resp):
            resp.history = history[:]
            history.append(resp)
            with suppress(ChunkedEncodingError, ContentDecodingError, RuntimeError):
                self._read(resp)
            resp.close()
            if len(history) > self.max_redirects:
                raise TooManyRedirects(
                    f"{redact_url(history[0].url)} redirected more than {self.max_redirects} times; raise "
                    "max_redirects.",
                    response=resp,
                )
            if yield_requests:
                with suppress(FetchError):
                    yield self.redirected(req, resp, url)
                return
            req = self.redirected(req, resp, url)
            options["proxies"] = rebuild_proxies(req, options.get("proxies"))
            req.is_hop = True
            exchange.is_public_only = not self.allow_private_redirects and is_public(exchange.peer)
            resp = self.send(req, allow_redirects=False, **options)
            yield resp

    def redirected(
        self, request: PreparedRequest, answer: requests.Response, location: str
    ) -> PreparedRequest:
        """Return the request that follows a redirect of `answer` to `location`."""
        new: Any = request.copy()
        new.url = _target(answer.url, location)
        register_url(new.url)
        if not is_http(new.url):
            raise FetchError(
                f"{redact_url(answer.url)} redirects to {redact_url(location)!r}, which is no http or "
                "https address."
            )
        self.rebuild_method(new, answer)
        _drop(new.headers, "Cookie")
        if answer.status_code not in (307, 308):
            _drop(new.headers, "Content-Length", "Content-Type", "Transfer-Encoding")
            new.body = None
        elif new._body_position is not None:
            rewind_body(new)
        self._move(request, new)
        return new  # type: ignore[no-any-return]

    def _move(self, old: Any, new: Any) -> None:
        """Leave behind what belongs to the old origin; add what belongs to the new one."""
        had: Belongings = getattr(old, "belongings", Belongings())
        old_url, new_url = urlsplit(old.url), urlsplit(new.url)
        is_downgrade = old_url.scheme == "https" and new_url.scheme == "http"
        stays = old_url.hostname == new_url.hostname and not is_downgrade
        new.hooks = {**new.hooks, "response": list(new.hooks["response"])}
        auth, hooks = had.auth, had.hooks
        if origin(old.url) != origin(new.url):
            self._leave(had, new)
            auth = auth if isinstance(auth, Credentials) else self.session_auth(new.url)
            hooks = add_auth(new, auth)
        elif isinstance(auth, Authorization):
            auth(new)
        cookies = had.cookies if stays or isinstance(had.cookies, CookieJar) else {}
        endow(new, self.cookies, Belongings(auth, hooks, cookies, had.generation))
        if not is_downgrade:
            self.add_cookies(new)

    def _leave(self, had: Belongings, new: Any) -> None:
        """Take off a request what belongs to another origin: credentials, tokens, and where it is from."""
        _drop(new.headers, "Origin", *(name for name in new.headers if looks_secret(name)))
        if page := new.headers.pop("Referer", None):
            new.headers.update(referrer(text(page), new.url))
        names = [*getattr(had.auth, "headers", ())]
        _drop(new.headers, *names)
        if "user-agent" in map(str.lower, names) and "User-Agent" in self.headers:
            new.headers["User-Agent"] = self.headers["User-Agent"]
        new.hooks["response"] = [hook for hook in new.hooks["response"] if hook not in had.hooks]


_REDIRECT_OPTIONS = ("stream", "timeout", "verify", "cert", "proxies")


def _chunks(answer: Any) -> Iterable[bytes]:
    """Return the body in pieces; one that a hook or an adapter has read or made is one piece."""
    if answer._content is not False or answer.raw is None:
        return [answer.content or b""]
    return answer.iter_content(CHUNK)  # type: ignore[no-any-return]


def _shown(request: PreparedRequest) -> str:
    return redact_url(request.url or "")


def _drop(headers: Any, *names: str) -> None:
    for name in names:
        headers.pop(name, None)


def _target(base: str, location: str) -> str:
    """Resolve a ``Location``, which inherits the fragment of `base`; nonsense gives nothing."""
    try:
        url, fragment = urldefrag(urljoin(base, requote_uri(location)))
    except ValueError:
        return ""
    fragment = fragment or urldefrag(base).fragment
    return f"{url}#{fragment}" if fragment else url
