"""`Client`: a ``requests.Session`` with a browser's manners about cookies, credentials, time and size.

It knows nothing of logins; `Session` adds them.
"""

from __future__ import annotations

import inspect
import logging
import os
import threading
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http import cookiejar
from typing import Any, TypedDict, Unpack
from urllib.parse import urldefrag, urljoin, urlsplit

import requests
from requests import sessions
from requests.adapters import HTTPAdapter
from requests.exceptions import ChunkedEncodingError, ContentDecodingError
from requests.models import PreparedRequest
from requests.structures import CaseInsensitiveDict
from requests.utils import get_auth_from_url, get_environ_proxies, requote_uri, rewind_body

from scraper.auth import Belongings, Credentials
from scraper.cookies import CookieJar
from scraper.errors import ConfigError, FetchError, TooLarge, TooManyRedirects, TooSlow
from scraper.redact import install, looks_secret, redact_url, register
from scraper.request import is_http, is_trustworthy, origin
from scraper.retry import Retry
from scraper.transport import POOLS, Adapter, PrivateAddress, exchange, is_public

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
        self._auth_lock = threading.Lock()
        self._warned: set[str] = set()
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
        if getattr(request, "is_hop", False):
            return self._keep_cookies(super().send(request, **kwargs))
        stream = kwargs.pop("stream", self.stream)
        kwargs["timeout"] = kwargs.get("timeout") or (self.timeout.connect, self.timeout.read)
        with exchange.begin(self.timeout.total):
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

    # Preparing: headers, cookies, credentials, and what the environment says

    def prepare_request(self, request: requests.Request) -> PreparedRequest:
        """Prepare a request with the settings of the session; credentials and cookies for its origin."""
        self._warn_of_secrets(self.headers)
        self._warn_of_secrets(request.headers or {})
        prepared = PreparedRequest()
        prepared.prepare_method(request.method)
        params = merge(request.params, self.params) if request.params or self.params else None
        prepared.prepare_url(request.url, params)
        prepared.prepare_headers(self._headers_for(request.headers))
        if request.data or request.files or request.json is not None or prepared.method not in BODILESS:
            prepared.prepare_body(request.data, request.files, request.json)
        auth = self._auth_for(prepared.url or "", request.auth)
        hooks = _add_auth(prepared, auth)
        prepared.prepare_hooks(_merge_hooks(request.hooks, self.hooks))
        cookies = _own(request.cookies, self.cookies)
        _endow(prepared, self.cookies, Belongings(auth, hooks, cookies, self._generation))
        self._add_cookies(prepared)
        return prepared

    @property
    def _generation(self) -> int:
        """Of which sign-in the cookies are that a request takes along now."""
        return self.cookies.generation

    def _headers_for(self, given: Any) -> Any:
        return merge(given, self.headers, dict_class=CaseInsensitiveDict) if given else self.headers

    def _add_cookies(self, prepared: Any) -> None:
        """Add the cookies of the jar for the request's URL, and those given for this call, which win."""
        if "Cookie" in prepared.headers or not is_http(prepared.url):
            return
        own: Any = prepared.belongings.cookies
        if isinstance(own, CookieJar):
            own = {cookie.name: cookie.value for cookie in own.cookies_for(prepared.url)}
        kept = (self.cookies.header_for(prepared.url) or "").split("; ")
        pairs = [pair for pair in kept if pair and pair.partition("=")[0] not in own]
        pairs += [f"{name}={value}" for name, value in own.items()]
        if pairs:
            prepared.headers["Cookie"] = "; ".join(pairs)

    def _auth_for(self, url: str, given: Any) -> Any:
        """Return the credentials for `url`: of the call, of the session if they belong there, of the URL."""
        of_url = get_auth_from_url(url) if "@" in url else ("", "")
        if own := given or (of_url if any(of_url) else None):
            return self._unless_clear(own, url)
        return self._session_auth(url)

    def _session_auth(self, url: str) -> Any:
        """Return ``session.auth`` where it belongs: to `base_url`, or to the first origin it was used for."""
        auth = self.auth
        if auth is None or isinstance(auth, Credentials) or not self._unless_clear(auth, url):
            return auth if isinstance(auth, Credentials) else None
        with self._auth_lock:
            if self._auth_home[0] is not auth:
                self._auth_home = (auth, origin(self.base_url or url))
            return auth if origin(url) == self._auth_home[1] else None

    def _unless_clear(self, auth: Any, url: str) -> Any:
        """Return credentials, unless they would go in clear to another machine."""
        if isinstance(auth, tuple):
            register(text(auth[1]))
        if isinstance(auth, Credentials) or is_trustworthy(url):
            return auth
        log.warning("Credentials for %s were not sent: they would go in clear.", origin(url))
        return None

    def _warn_of_secrets(self, headers: Any) -> None:
        """Register the values of headers that look secret; warn once of each that goes to every site."""
        for name in [name for name in headers if looks_secret(name)]:
            register(text(headers[name] or ""))
            if headers is self.headers and name not in self._warned:
                self._warned.add(name)
                warnings.warn(
                    f"session.headers[{name!r}] goes to every site that this session asks. Use "
                    f"Session(auth=Credentials('https://its.origin', headers={{{name!r}: ...}})).",
                    stacklevel=9,
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
        if not is_http(new.url):
            raise FetchError(
                f"{redact_url(answer.url)} redirects to {location!r}, which is no http or https address."
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
            auth = auth if isinstance(auth, Credentials) else self._session_auth(new.url)
            hooks = _add_auth(new, auth)
        elif isinstance(auth, Credentials):
            auth(new)
        cookies = had.cookies if stays or isinstance(had.cookies, CookieJar) else {}
        _endow(new, self.cookies, Belongings(auth, hooks, cookies, had.generation))
        if not is_downgrade:
            self._add_cookies(new)

    def _leave(self, had: Belongings, new: Any) -> None:
        """Take off a request what the credentials of another origin have put on."""
        _drop(new.headers, *(name for name in new.headers if looks_secret(name)))
        if isinstance(had.auth, Credentials):
            _drop(new.headers, *had.auth.headers)
        new.hooks["response"] = [hook for hook in new.hooks["response"] if hook not in had.hooks]


_REDIRECT_OPTIONS = ("stream", "timeout", "verify", "cert", "proxies")


def text(value: str | bytes) -> str:
    """Read a method or an address, which requests takes as bytes too."""
    return value.decode() if isinstance(value, bytes) else value


def _add_auth(prepared: Any, auth: Any) -> tuple[Any, ...]:
    """Add credentials to a request; return the hooks that they have put on it."""
    if not auth:
        return ()
    before = list(prepared.hooks["response"])
    prepared.prepare_auth(auth)
    return tuple(hook for hook in prepared.hooks["response"] if hook not in before)


def _endow(prepared: Any, jar: CookieJar, belongings: Belongings) -> None:
    """Note on a request what it carries, and where the jar looks which sign-in it is of."""
    prepared.belongings, prepared._generation, prepared._cookies = belongings, belongings.generation, jar


def _own(cookies: Any, jar: Any) -> Mapping[str, str] | CookieJar:
    """Read what was given as the cookies of one call: names and values, or a jar, which keeps its rules."""
    if not cookies:
        return {}
    if not isinstance(cookies, cookiejar.CookieJar):
        return dict(cookies)
    own = CookieJar(home=jar.home)
    own.update(cookies)
    return own


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
