"""`Prepared`: what a request takes along: headers, cookies, credentials, and what the environment says."""

from __future__ import annotations

import logging
import os
import threading
import warnings
from collections.abc import Mapping
from functools import lru_cache
from http import cookiejar
from typing import Any

import requests
from requests import sessions
from requests.models import PreparedRequest
from requests.structures import CaseInsensitiveDict
from requests.utils import check_header_validity, get_auth_from_url, get_environ_proxies

from scraper.auth import Belongings, Credentials
from scraper.cookies import CookieJar
from scraper.redact import looks_secret, register
from scraper.request import is_http, is_sent_as_it_is, is_trustworthy, origin
from scraper.wire import pairs_of

log = logging.getLogger(__name__)

BODILESS = ("GET", "HEAD")
merge: Any = sessions.merge_setting
_merge_hooks: Any = sessions.merge_hooks


class Prepared(requests.Session):
    """A ``requests.Session`` whose requests carry what belongs to their origin, and nothing else."""

    base_url: str | None = None
    """What relative addresses count from, and where credentials and cookies without an origin belong."""

    def __init__(self, base_url: str | None, auth: Any) -> None:
        super().__init__()
        self.base_url, self.auth = base_url, auth
        self.cookies = CookieJar(home=base_url)
        self._environment: dict[str, tuple[dict[str, str], str | None]] = {}
        self._auth_home: tuple[Any, str] = (None, "")
        self._auth_lock = threading.Lock()
        self._warned: set[str] = set()

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

    def prepare_request(self, request: requests.Request) -> PreparedRequest:
        """Prepare a request with the settings of the session; credentials and cookies for its origin."""
        self._warn_of_secrets(self.headers)
        self._warn_of_secrets(request.headers or {})
        prepared = PreparedRequest()
        prepared.prepare_method(request.method)
        params = merge(request.params, self.params) if request.params or self.params else None
        if params is None and is_sent_as_it_is(request.url):
            prepared.url = request.url
        else:
            prepared.prepare_url(request.url, params)
        prepared.headers = self._headers_for(request.headers)
        if request.data or request.files or request.json is not None or prepared.method not in BODILESS:
            prepared.prepare_body(request.data, request.files, request.json)
        auth = self._auth_for(prepared.url or "", request.auth)
        hooks = add_auth(prepared, auth)
        prepared.prepare_hooks(_merge_hooks(request.hooks, self.hooks))
        cookies = _own(request.cookies, self.cookies)
        endow(prepared, self.cookies, Belongings(auth, hooks, cookies, self._generation))
        self.add_cookies(prepared)
        return prepared

    @property
    def _generation(self) -> int:
        """Of which sign-in the cookies are that a request takes along now."""
        return self.cookies.generation

    def _headers_for(self, given: Any) -> CaseInsensitiveDict[Any]:
        """Merge the headers of a call with those of the session; ``None`` takes one away, as in requests."""
        merged: CaseInsensitiveDict[Any] = CaseInsensitiveDict()
        for headers in (self.headers, given or {}):
            for name, value in pairs_of(headers):
                if value is None:
                    merged.pop(name, None)
                else:
                    _check_header(name, value)
                    merged[text(name)] = value
        return merged

    def add_cookies(self, prepared: Any) -> None:
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
        return self.session_auth(url)

    def session_auth(self, url: str) -> Any:
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
        for name in [name for name in headers if looks_secret(text(name))]:
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


def _check_header(name: Any, value: Any) -> None:
    """Raise ``InvalidHeader`` as requests does; most headers are those of the request before."""
    if type(name) is str and type(value) is str:
        _check_texts(name, value)
    else:
        check_header_validity((name, value))


@lru_cache(maxsize=1024)
def _check_texts(name: str, value: str) -> None:
    check_header_validity((name, value))


def add_auth(prepared: Any, auth: Any) -> tuple[Any, ...]:
    """Add credentials to a request; return the hooks that they have put on it."""
    if not auth:
        return ()
    before = list(prepared.hooks["response"])
    prepared.prepare_auth(auth)
    return tuple(hook for hook in prepared.hooks["response"] if hook not in before)


def endow(prepared: Any, jar: CookieJar, belongings: Belongings) -> None:
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


def text(value: str | bytes) -> str:
    """Read a method, an address or the name of a header, which requests takes as bytes too."""
    return value.decode() if isinstance(value, bytes) else value
