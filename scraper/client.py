"""`Client`: a ``requests.Session`` with a browser's manners about cookies, credentials, time and size.

It knows nothing of logins; `Session` adds them.
"""

from __future__ import annotations

import inspect
import logging
import os
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http import cookiejar
from typing import Any, TypedDict, Unpack
from urllib.parse import urldefrag, urljoin, urlsplit

import requests
from requests import sessions
from requests.models import PreparedRequest
from requests.structures import CaseInsensitiveDict
from requests.utils import get_auth_from_url, get_environ_proxies, requote_uri, rewind_body

from scraper.auth import Credentials
from scraper.cookies import CookieJar
from scraper.errors import ConfigError, FetchError, TooLarge, TooManyRedirects, TooSlow
from scraper.redact import install, looks_secret, register
from scraper.request import is_http, is_trustworthy, origin
from scraper.retry import Retry
from scraper.transport import Adapter, PrivateAddress, exchange, is_public

log = logging.getLogger(__name__)

USER_AGENT = f"login-aware-scraper python-requests/{requests.__version__}"
MAX_BODY = 32 * 1024 * 1024
MAX_REDIRECTS = 10
POOL_SIZE = 32
CHUNK = 256 * 1024
BODILESS = ("GET", "HEAD")
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


merge: Any = sessions.merge_setting
_merge_hooks: Any = sessions.merge_hooks

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


class Client(requests.Session):
    """A ``requests.Session`` that keeps cookies as a browser, is bounded and retried.

    See `Session` for the arguments.
    """

    base_url: str | None = None
    """What relative addresses count from, and where credentials and cookies without an origin belong."""

    def __init__(self, *, base_url: str | None = None, **options: Unpack[Options]) -> None:
        super().__init__()
        install()
        self.base_url, self.auth = base_url, options.get("auth")
        self.timeout = Timeout.of(options.get("timeout", DEFAULT_TIMEOUT))
        self.retry = Retry.of(options.get("retry", DEFAULT_RETRY))
        self.max_body, self.max_redirects = options.get("max_body", MAX_BODY), MAX_REDIRECTS
        self.headers.update({"User-Agent": USER_AGENT, **(options.get("headers") or {})})
        self.proxies.update(options.get("proxies") or {})
        self.verify, self.cert = options.get("verify", True), options.get("cert")
        self.allow_private_redirects = options.get("allow_private_redirects", False)
        self.cookies = CookieJar(home=base_url)
        for scheme in ("http://", "https://"):
            self.mount(scheme, Adapter(options.get("pool_size", POOL_SIZE)))
        self._environment: dict[str, tuple[dict[str, str], str | None]] = {}
        self._auth_home: tuple[Any, str] = (None, "")
        self._checked: set[str] = set()
        self._hurry = threading.Event()

    @property
    def cookies(self) -> CookieJar:
        """The cookies, kept and sent as a browser does. Another jar that is set here is copied."""
        return self._jar

    @cookies.setter
    def cookies(self, jar: cookiejar.CookieJar) -> None:
        if isinstance(jar, CookieJar):
            self._jar = jar
        else:
            self._jar = CookieJar(home=self.base_url)
            self._jar.update(jar)

    def __getstate__(self) -> Any:
        raise TypeError("A Session is not pickled: it holds credentials. Make one where it is needed.")

    def hurry(self) -> None:
        """From now on wait for no retry: what is under way ends with what it has."""
        self._hurry.set()

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
        self, method: str, url: str, *, policy: Retry | None = None, **kwargs: Any
    ) -> tuple[requests.Response, int]:
        """Send with retries; return the answer and the number of attempts."""
        send = partial(super().request, method, url, **kwargs)
        return (policy or self.retry).call(send, method=method, url=url, hurry=self._hurry)

    def send(self, request: PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a prepared request once, redirects included, within the limits of time and size."""
        if exchange.is_running:
            return self._keep_cookies(super().send(request, **kwargs))
        stream = kwargs.pop("stream", self.stream)
        kwargs["timeout"] = kwargs.get("timeout") or (self.timeout.connect, self.timeout.read)
        with exchange.begin(self.timeout.total):
            try:
                answer = self._keep_cookies(super().send(request, stream=True, **kwargs))
                return answer if stream else self._read(answer)
            except PrivateAddress as error:
                raise FetchError(
                    f"{request.url} redirects to the private address {error}, which is not asked for; "
                    "allow_private_redirects=True allows it.",
                    request=request,
                ) from error
            except requests.RequestException as error:
                if exchange.left or isinstance(error, FetchError):
                    raise
                raise TooSlow(
                    f"{request.url} took longer than {self.timeout.total:g} s; raise timeout.total to wait.",
                    request=request,
                ) from error

    def _keep_cookies(self, answer: requests.Response) -> requests.Response:
        """Keep the cookies of an answer of which requests sees none, as those of requests-mock."""
        raw: Any = answer.raw
        if not getattr(raw, "_original_response", None) and hasattr(getattr(raw, "headers", None), "getlist"):
            self.cookies.store(answer.url, raw.headers.getlist("Set-Cookie"))
        return answer

    def _read(self, answer: requests.Response) -> requests.Response:
        """Read the body, as it is once decompressed, up to the limit."""
        body = bytearray()
        for chunk in answer.iter_content(CHUNK):
            body += chunk
            if len(body) > self.max_body:
                answer.close()
                raise TooLarge(
                    f"{answer.url} sent more than {self.max_body} bytes; raise max_body to take it.",
                    response=answer,
                )
        answer._content = bytes(body)
        return answer

    # Preparing: headers, cookies, credentials, and what the environment says

    def prepare_request(self, request: requests.Request) -> PreparedRequest:
        """Prepare a request with the settings of the session; credentials and cookies for its origin."""
        self._warn_of_secrets()
        prepared = PreparedRequest()
        prepared.prepare_method(request.method)
        params = merge(request.params, self.params) if request.params or self.params else None
        prepared.prepare_url(request.url, params)
        prepared.prepare_headers(self._headers_for(request.headers))
        if request.data or request.files or request.json is not None or prepared.method not in BODILESS:
            prepared.prepare_body(request.data, request.files, request.json)
        prepared.prepare_hooks(_merge_hooks(request.hooks, self.hooks))
        if auth := self._auth_for(prepared.url or "", request.auth):
            prepared.prepare_auth(auth)
        _mark(prepared, jar=self.cookies, own_cookies=_pairs(request.cookies))
        self._add_cookies(prepared)
        return prepared

    def _headers_for(self, given: Any) -> Any:
        return merge(given, self.headers, dict_class=CaseInsensitiveDict) if given else self.headers

    def _add_cookies(self, prepared: Any) -> None:
        """Add the cookies of the jar for the request's URL, and those given for this call, which win."""
        if "Cookie" in prepared.headers:
            return
        own = prepared.own_cookies
        kept = (self.cookies.header_for(prepared.url) or "").split("; ")
        pairs = [pair for pair in kept if pair and pair.partition("=")[0] not in own]
        pairs += [f"{name}={value}" for name, value in own.items()]
        if pairs:
            prepared.headers["Cookie"] = "; ".join(pairs)

    def _auth_for(self, url: str, given: Any) -> Any:
        """Return the credentials for `url`: of the call, of the session if they belong there, of the URL."""
        of_url = get_auth_from_url(url) if "@" in url else ("", "")
        auth = given or self._session_auth(url) or (of_url if any(of_url) else None)
        if isinstance(auth, tuple):
            register(text(auth[1]))
        if auth and not isinstance(auth, Credentials) and not is_trustworthy(url):
            log.warning("Credentials for %s were not sent: they would go in clear.", origin(url))
            return None
        return auth

    def _session_auth(self, url: str) -> Any:
        """Return ``session.auth`` where it belongs: to `base_url`, or to the first origin it was used for."""
        if self.auth is None or isinstance(self.auth, Credentials):
            return self.auth
        if self._auth_home[0] is not self.auth:
            self._auth_home = (self.auth, origin(self.base_url or url))
        return self.auth if origin(url) == self._auth_home[1] else None

    def _warn_of_secrets(self) -> None:
        for name in self.headers:
            if name not in self._checked:
                self._checked.add(name)
                if looks_secret(name):
                    register(text(self.headers[name]))
                    warnings.warn(
                        f"session.headers[{name!r}] goes to every site that this session asks. Use "
                        f"Session(auth=Credentials('https://its.origin', headers={{{name!r}: ...}})).",
                        stacklevel=6,
                    )

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        """Merge the settings of a call, the environment and the session.

        The environment (proxies and CA bundles) is read once for each origin. As in requests its proxies go
        before those of the session; unlike there, its CA bundle stands behind what the session says.
        """
        environment, bundle = self._environment_of(url) if self.trust_env else ({}, None)
        verify = self.verify if verify is None else verify
        if verify is True:
            verify = bundle or True
        if proxies or self.proxies:
            environment = merge({**environment, **(proxies or {})}, self.proxies)
        return {
            "proxies": environment,
            "stream": self.stream if stream is None else stream,
            "verify": verify,
            "cert": self.cert if cert is None else cert,
        }

    def _environment_of(self, url: str) -> tuple[dict[str, str], str | None]:
        scheme, _, rest = url.partition("://")
        key = f"{scheme}://{rest.partition('/')[0]}"
        if key not in self._environment:
            bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
            self._environment[key] = (get_environ_proxies(url), bundle)
        return self._environment[key]

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
            self._read(resp)
            if len(history) > self.max_redirects:
                raise TooManyRedirects(
                    f"{history[0].url} redirected more than {self.max_redirects} times; raise max_redirects.",
                    response=resp,
                )
            if yield_requests:
                with suppress(FetchError):
                    yield self.redirected(req, resp, url)
                return
            req = self.redirected(req, resp, url)
            options["proxies"] = rebuild_proxies(req, options.get("proxies"))
            exchange.is_public_only = not self.allow_private_redirects and is_public(exchange.peer)
            resp = self.send(req, allow_redirects=False, **options)
            yield resp

    def redirected(
        self, request: PreparedRequest, answer: requests.Response, location: str
    ) -> PreparedRequest:
        """Return the request that follows a redirect of `answer` to `location`."""
        new: Any = request.copy()
        new.url = _target(answer.url, location)
        if not is_http(new.url):
            raise FetchError(f"{answer.url} redirects to {location!r}, which is no http or https address.")
        self.rebuild_method(new, answer)
        _drop(new.headers, "Cookie")
        if answer.status_code not in (307, 308):
            _drop(new.headers, "Content-Length", "Content-Type", "Transfer-Encoding")
            new.body = None
        elif new._body_position is not None:
            rewind_body(new)
        self._move_credentials(request, new)
        return new  # type: ignore[no-any-return]

    def _move_credentials(self, old: Any, new: Any) -> None:
        """Leave behind what belongs to the old origin; add what belongs to the new one."""
        old_url, new_url = urlsplit(old.url), urlsplit(new.url)
        is_downgrade = old_url.scheme == "https" and new_url.scheme == "http"
        stays = old_url.hostname == new_url.hostname and not is_downgrade
        _mark(new, jar=self.cookies, own_cookies=getattr(old, "own_cookies", {}) if stays else {})
        if origin(old.url) != origin(new.url):
            _drop(new.headers, *(name for name in new.headers if looks_secret(name)))
            if isinstance(self.auth, Credentials):
                _drop(new.headers, *self.auth.headers)
            if auth := self._session_auth(new.url):
                new.prepare_auth(auth)
        if not is_downgrade:
            self._add_cookies(new)


_REDIRECT_OPTIONS = ("stream", "timeout", "verify", "cert", "proxies")


def text(value: str | bytes) -> str:
    """Read a method or an address, which requests takes as bytes too."""
    return value.decode() if isinstance(value, bytes) else value


def _mark(prepared: Any, *, jar: CookieJar, own_cookies: dict[str, str]) -> None:
    """Note on a request of which sign-in its cookies are, and which cookies were given for it alone."""
    prepared._cookies, prepared._generation, prepared.own_cookies = jar, jar.generation, own_cookies


def _pairs(cookies: Any) -> dict[str, str]:
    if not cookies:
        return {}
    if isinstance(cookies, Mapping):
        return dict(cookies)
    return {cookie.name: cookie.value for cookie in cookies}


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
