"""`Session`: a ``requests.Session`` that signs in, stays signed in, is bounded and retried."""

from __future__ import annotations

import inspect
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from scraper.errors import (
    AccessDenied,
    ConfigError,
    FetchError,
    LoginError,
    LoginUnavailable,
    LoginUnverified,
    SessionEnded,
    TooLarge,
    TooManyRedirects,
    TooSlow,
)
from scraper.login import Login
from scraper.request import SAFE_METHODS, Request, is_http
from scraper.response import Auth, Response
from scraper.retry import Retry
from scraper.verdict import judge

log = logging.getLogger(__name__)

USER_AGENT = f"login-aware-scraper python-requests/{requests.__version__}"
MAX_BODY = 32 * 1024 * 1024
MAX_REDIRECTS = 10
POOL_SIZE = 32
CHUNK = 64 * 1024


@dataclass(frozen=True)
class Timeout:
    """Limits of one exchange, in seconds: to connect, between two reads, and for the whole exchange.

    `total` counts from the first byte sent until the last one of the body is read.
    """

    connect: float = 10.0
    read: float = 30.0
    total: float = 120.0

    @classmethod
    def of(cls, value: Timeout | float) -> Timeout:
        """Accept a plain number of seconds, as requests does: to connect and between two reads."""
        return value if isinstance(value, Timeout) else cls(connect=value, read=value)


DEFAULT_TIMEOUT = Timeout()
DEFAULT_RETRY = Retry()


class Session(requests.Session):
    """A ``requests.Session`` that is signed in.

    With a `login`, the first request signs in, and a page that shows that the site has ended the session
    signs in again, once for any number of threads; then safe methods are sent again. `base_url` is what
    relative addresses count from, and the page on which a sign-in is proven unless the login names another.
    `headers` are added to every request; `proxies`, `verify` and `cert` are those of requests. `max_body` is
    in bytes, after decompression.
    """

    def __init__(
        self,
        login: Login | None = None,
        *,
        base_url: str | None = None,
        timeout: Timeout | float = DEFAULT_TIMEOUT,
        retry: Retry | int = DEFAULT_RETRY,
        headers: Mapping[str, str] | None = None,
        proxies: Mapping[str, str] | None = None,
        verify: bool | str = True,
        cert: str | tuple[str, str] | None = None,
        max_body: int = MAX_BODY,
        pool_size: int = POOL_SIZE,
    ) -> None:
        super().__init__()
        self.login, self.base_url, self.verify_url = login, base_url, None
        self.timeout, self.retry, self.max_body = Timeout.of(timeout), Retry.of(retry), max_body
        self.headers.update({"User-Agent": USER_AGENT, **(headers or {})})
        self.proxies.update(proxies or {})
        self.verify, self.cert, self.max_redirects = verify, cert, MAX_REDIRECTS
        for scheme in ("http://", "https://"):
            self.mount(scheme, HTTPAdapter(pool_connections=POOL_SIZE, pool_maxsize=pool_size))
        self.epoch, self.account = 0, None
        self._lock, self._signing_in = threading.RLock(), 0
        self._failure: LoginError | None = None
        self._probe_url = ""
        self._hurry = threading.Event()

    base_url: str | None
    """What relative addresses count from."""
    verify_url: str | None
    """The page on which a sign-in is proven where the login names none; ``None``: `base_url`."""
    epoch: int
    """How often this session has signed in, each time proven; 0 before the first time."""
    account: str | None
    """As whom it has signed in."""

    def __getstate__(self) -> Any:
        raise TypeError("A Session is not pickled: it holds credentials. Make one where it is needed.")

    def hurry(self) -> None:
        """From now on wait for no retry: what is under way ends with what it has."""
        self._hurry.set()

    def absolute(self, url: str) -> str:
        """Resolve `url` against `base_url`, or against the login's address where there is none."""
        base = self.base_url or (self.login.url if self.login else "")
        absolute = urljoin(base, url)
        if not is_http(absolute):
            raise ConfigError(
                f"{url!r} is relative and this session has no base_url; give Session(base_url=...)."
            )
        return absolute

    # The steps of a script's request: session.get(...)

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request as ``requests.Session.request`` does, signed in.

        Raises what requests raises; `TooSlow`, `TooLarge` and `TooManyRedirects` are such errors too. Also
        raises `LoginError` where signing in fails, `AccessDenied` where a page stays closed after a proven
        sign-in, and `SessionEnded` where the session had ended and the method is not safe to repeat.
        """
        method, url = _text(method), self._resolve(_text(url))
        kwargs = dict(zip(_POSITIONAL, args, strict=False)) | kwargs
        send = partial(self._send, method, url, **kwargs)
        if self._signing_in == threading.get_ident() or not self._is_of_site(url):
            return send()[0]
        self.sign_in()
        return self._send_signed_in(send, method, url, bool(kwargs.get("stream")))

    def _send_signed_in(
        self, send: Callable[[], tuple[requests.Response, int]], method: str, url: str, stream: bool
    ) -> requests.Response:
        """Send; where the session turns out to have ended, sign in once and send once more."""
        epoch = self.epoch
        answer, _ = send()
        if self._judge_answer(answer, method, url, stream) != "anonymous":
            return answer
        self.sign_in(after=epoch)
        if method.upper() not in SAFE_METHODS:
            raise SessionEnded(
                f"The session had ended before {method} {url}. It is signed in again, but did not repeat the "
                "request; send it again if it may be.",
                response=answer,
            )
        answer, _ = send()
        if self._judge_answer(answer, method, url, stream) == "anonymous":
            raise AccessDenied(f"{url} stays closed to {self.account or 'this account'}.", response=answer)
        return answer

    def _judge_answer(self, answer: requests.Response, method: str, url: str, stream: bool) -> Auth:
        """Judge what a script asked for; of a streamed answer only the address and the status count."""
        content = b"" if stream else answer.content
        return self.judge(_response(answer, Request(url, method), content=content))

    def _is_of_site(self, url: str) -> bool:
        """Whether `url` is on a host of the login or of `base_url`, or below one."""
        if self.login is None:
            return False
        host = urlsplit(url).hostname or ""
        sites = {urlsplit(own).hostname or "" for own in (self.absolute(self.login.url), self.base_url or "")}
        return any(host == site or host.endswith("." + site.removeprefix("www.")) for site in sites if site)

    def _resolve(self, url: str) -> str:
        return urljoin(self.base_url, url) if self.base_url else url

    # The steps of a crawl's request: session.fetch(request)

    def fetch(self, request: Request) -> Response:
        """Send a request of a crawl and judge the answer; never signs in.

        Raises `FetchError` where no answer came.
        """
        epoch, account = self.epoch, self.account
        response = self.exchange(request)
        response.epoch, response.account = epoch, account
        response.auth = self.judge(response)
        return response

    def exchange(self, request: Request, *, retry: bool = True) -> Response:
        """Send one request as it is and return the answer, not judged; logins are made of this.

        Safe methods are retried as the session's `Retry` says, unless `retry` is false. Raises `FetchError`
        where no answer came.
        """
        started = time.monotonic()
        headers, policy = dict(request.headers), self.retry if retry else Retry(attempts=1)
        try:
            answer, attempts = self._send(
                request.method, request.url, data=request.body, headers=headers, policy=policy
            )
        except FetchError:
            raise
        except (requests.RequestException, HTTPError, OSError) as error:
            raise _fetch_error(error, request) from error
        return _response(answer, request, elapsed=time.monotonic() - started, attempts=attempts)

    # What both share

    def _send(
        self, method: str, url: str, *, policy: Retry | None = None, **kwargs: Any
    ) -> tuple[requests.Response, int]:
        """Send with retries; return the answer and the number of attempts."""
        send = partial(self._send_once, method, url, **kwargs)
        return (policy or self.retry).call(send, method=method, hurry=self._hurry)

    def _send_once(
        self, method: str, url: str, *, stream: bool | None = None, timeout: Any = None, **kwargs: Any
    ) -> requests.Response:
        """Send once, within the limits of time and size."""
        deadline = time.monotonic() + self.timeout.total
        timeout = (self.timeout.connect, self.timeout.read) if timeout is None else timeout
        try:
            answer = super().request(method, url, stream=True, timeout=timeout, **kwargs)
        except requests.TooManyRedirects as error:
            raise TooManyRedirects(
                f"{url} redirected more than {self.max_redirects} times; raise max_redirects to follow.",
                response=error.response,
            ) from error
        if not (self.stream if stream is None else stream):
            self._read(answer, deadline)
        return answer

    def _read(self, answer: requests.Response, deadline: float) -> None:
        """Read the body, and stop at the limits."""
        body = bytearray()
        for chunk in answer.iter_content(CHUNK):
            body += chunk
            if len(body) > self.max_body:
                answer.close()
                raise TooLarge(
                    f"{answer.url} sent more than {self.max_body} bytes; raise max_body to take it.",
                    response=answer,
                )
            if time.monotonic() > deadline:
                answer.close()
                raise TooSlow(
                    f"{answer.url} took longer than {self.timeout.total:g} s; raise timeout.total to wait.",
                    response=answer,
                )
        answer._content = bytes(body)

    # Signing in

    def judge(self, response: Response) -> Auth:
        """Return what a response says: signed in, anonymous or unknown.

        Without a login, and for pages of other sites than the login's, it says nothing: unknown.
        """
        if self.login is None or not self._is_of_site(response.request.url):
            return "unknown"
        return judge(
            response,
            login_url=self.absolute(self.login.url),
            logged_in=self.login.logged_in,
            logged_out=self.login.logged_out,
        )

    def sign_in(self, *, after: int = 0) -> int:
        """Make sure that the session has signed in later than the epoch `after`; return its epoch.

        Signs in at most once for any number of threads that ask, and only until a sign-in fails for good:
        that error is raised again from then on. Raises `LoginError`.
        """
        if self.login is None:
            raise ConfigError(
                "This session has no login to sign in with; give it one: Session(FormLogin(...))."
            )
        with self._lock:
            if self.epoch <= after:
                self._sign_in(self.login)
            return self.epoch

    def _sign_in(self, login: Login) -> None:
        if self._failure is not None:
            raise self._failure
        self._signing_in = threading.get_ident()
        try:
            self._prove(login, login.sign_in(self))
        except FetchError as error:
            raise LoginUnavailable(f"The sign-in did not get through: {error}") from error
        except LoginError as error:
            self._failure = None if isinstance(error, LoginUnavailable) else error
            raise
        finally:
            self._signing_in = 0
        self.account, self.epoch = login.account, self.epoch + 1
        log.info("Signed in as %s; cookies: %s", self.account, ", ".join(self.cookies.keys()) or "none")

    def _prove(self, login: Login, landing: Response) -> None:
        """Remember a page that shows that the session is signed in."""
        if not login.verify:
            return
        if login.logged_in is None:
            raise LoginUnverified(
                f"Nothing can prove the sign-in at {self.absolute(login.url)}: say what only members "
                "see, logged_in='a.logout' for example, or verify=False to go on without proof."
            )
        urls = dict.fromkeys(self._proof_urls(login, landing))
        for url in urls:
            page = landing if landing.history and landing.url == url else self.exchange(Request(url))
            if self.judge(page) == "signed_in":
                self._probe_url = url
                return
        raise LoginUnverified(
            f"The sign-in went through, but {' and '.join(urls)} do not show {login.logged_in!r}, which only "
            f"members see. The sign-in ended at {landing.url} with status {landing.status}.",
            response=landing,
        )

    def _proof_urls(self, login: Login, landing: Response) -> Iterator[str]:
        if login.verify_url is not None:
            yield self.absolute(login.verify_url)
            return
        if first := self.verify_url or self.base_url:
            yield first
        yield landing.url

    def is_signed_in(self) -> bool:
        """Ask the site whether the session is still signed in: one request for the page that proved it.

        Without a page that proves it (``verify=False``, or no sign-in yet) the answer is no. Raises
        `LoginUnavailable` where the site does not answer.
        """
        if not self._probe_url:
            return False
        try:
            return self.judge(self.exchange(Request(self._probe_url))) == "signed_in"
        except FetchError as error:
            raise LoginUnavailable(f"Whether the session is alive cannot be told: {error}") from error


_POSITIONAL = list(inspect.signature(requests.Session.request).parameters)[3:]  # behind self, method, url


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _response(
    answer: requests.Response,
    request: Request,
    *,
    content: bytes | None = None,
    elapsed: float = 0.0,
    attempts: int = 1,
) -> Response:
    return Response(
        answer.url,
        status=answer.status_code,
        headers=answer.headers,
        content=answer.content if content is None else content,
        request=request,
        history=tuple(step.url for step in answer.history),
        elapsed=elapsed,
        attempts=attempts,
    )


def _fetch_error(error: Exception, request: Request) -> FetchError:
    """Put an error of requests, or one that it lets through, into a sentence."""
    attempts = getattr(error, "attempts", 1)
    times = "" if attempts == 1 else f" {attempts} times"
    wrapped = FetchError(
        f"{request.method} {request.url} failed{times}: {_reason(error)}.",
        request=getattr(error, "request", None),
        response=getattr(error, "response", None),
    )
    wrapped.attempts = attempts
    return wrapped


def _reason(error: BaseException) -> str:
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
