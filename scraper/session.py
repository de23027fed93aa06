"""`Session`: a ``requests.Session`` that signs in, and stays signed in."""

from __future__ import annotations

import copy
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from typing import Any, Self, Unpack
from urllib.parse import urljoin

import requests
from requests.models import PreparedRequest
from urllib3.exceptions import HTTPError

from scraper.calibration import Calibration, calibrate
from scraper.client import MAX_BODY, Client, Options, Timeout
from scraper.errors import (
    AccessDenied,
    ConfigError,
    FetchError,
    LoginError,
    LoginRejected,
    LoginUnavailable,
    LoginUnverified,
    SessionEnded,
)
from scraper.login import Login
from scraper.prepared import text
from scraper.redact import redact_url
from scraper.request import SAFE_METHODS, Request, host_of, is_http, origin
from scraper.response import Auth, Response
from scraper.retry import Retry
from scraper.verdict import SIGNED_OUT_STATUSES, judge

__all__ = ["MAX_BODY", "Session", "Timeout"]

log = logging.getLogger(__name__)

CALIBRATION_ROUNDS = 2

ONCE = Retry(attempts=1)


class Session(Client):
    """A ``requests.Session`` that is signed in.

    With a `login`, the first request to its site signs in, and a page that shows that the site has ended the
    session signs in again, once for any number of threads; then safe methods are sent again. `base_url` is
    what relative addresses count from, and the page on which a sign-in is proven unless the login names
    another. Other arguments, by name:

    - `timeout`: a `Timeout`, or seconds as in requests; `retry`: a `Retry`, or a number of attempts;
    - `headers`, added to every request; `auth`: `Credentials`, or what requests takes, which then belongs to
      the origin of `base_url` or else to the first one asked; `proxies`, `verify` and `cert` as in requests;
    - `max_body`: bytes, after decompression; `pool_size`: connections kept for each host;
    - `allow_private_redirects`: whether a public site may redirect to a private address.

    One session serves many threads.
    """

    def __init__(
        self, login: Login | None = None, *, base_url: str | None = None, **options: Unpack[Options]
    ) -> None:
        super().__init__(base_url=base_url, **options)
        self.login, self.verify_url = login, None
        self.epoch, self.account = 0, None
        self._lock, self._signing_in = threading.RLock(), 0
        self._failure: LoginError | None = None
        self._is_final = self._has_submitted = False
        self._attempts = 0
        self._probe_url = ""
        self._calibration: Calibration | None = None

    verify_url: str | None
    """The page on which a sign-in is proven where the login names none; ``None``: `base_url`."""
    epoch: int
    """How often this session has signed in, each time proven; 0 before the first time."""
    account: str | None
    """As whom it has signed in."""

    def absolute(self, url: str) -> str:
        """Resolve `url` against `base_url`, or against the login's address where there is none."""
        base = self.base_url or (self.login.url if self.login else "")
        absolute = urljoin(base, url)
        if not is_http(absolute):
            raise ConfigError(
                f"{url!r} is relative, and there is no base_url (in a spider: start_urls) to count from."
            )
        return absolute

    # Saving and restoring

    def state(self) -> dict[str, Any]:
        """Return what makes this session signed in, as plain JSON: keep it as safe as a password.

        ``cookies`` and ``origins`` are in the shape of Playwright's ``storage_state``.
        """
        return {
            "cookies": self.cookies.to_state(),
            "origins": [],
            "base_url": self.base_url,
            "account": self.account,
            "epoch": self.epoch,
            "proven_at": self._probe_url,
        }

    @classmethod
    def restore(
        cls,
        state: Mapping[str, Any],
        login: Login | None = None,
        *,
        base_url: str | None = None,
        **options: Unpack[Options],
    ) -> Self:
        """Return a session that goes on where the one of `state` was; a Playwright state will do too.

        It counts as signed in until the site says otherwise; then it signs in by `login`.
        """
        session = cls(login, base_url=base_url or state.get("base_url"), **options)
        session.cookies.restore_state(state["cookies"])
        session.account, session.epoch = state.get("account"), state.get("epoch", 0)
        session._probe_url = state.get("proven_at", "")
        return session

    # The steps of a script's request: session.get(...)

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request as ``requests.Session.request`` does, signed in.

        Raises what requests raises; `TooSlow`, `TooLarge` and `TooManyRedirects` are such errors too. Also
        raises `LoginError` where signing in fails, `AccessDenied` where a page stays closed after a proven
        sign-in, and `SessionEnded` where the session had ended and the method is not safe to repeat.
        """
        method, url = text(method), self._resolve(text(url))
        send = partial(super().request, method, url, *args, **kwargs)
        if self._signing_in == threading.get_ident() or not self._is_of_site(url):
            return send()
        self.sign_in()
        return self._send_signed_in(send, method, url)

    def _send_signed_in(
        self, send: Callable[[], requests.Response], method: str, url: str
    ) -> requests.Response:
        """Send; where the session turns out to have ended, sign in once and send once more."""
        epoch, answer = self.epoch, send()
        if not self._is_anonymous(answer, method, url):
            return answer
        if not self.renew(after=epoch):
            raise AccessDenied(
                f"{redact_url(url)} is closed to {self.account or 'this account'}.", response=answer
            )
        if method.upper() not in SAFE_METHODS:
            raise SessionEnded(
                f"The session had ended before {method} {redact_url(url)}. It is signed in again, but did "
                "not repeat the request; send it again if it may be.",
                response=answer,
            )
        answer = send()
        if self._is_anonymous(answer, method, url):
            raise AccessDenied(
                f"{redact_url(url)} stays closed to {self.account or 'this account'}.", response=answer
            )
        return answer

    def _is_anonymous(self, answer: requests.Response, method: str, url: str) -> bool:
        """Whether an answer to a script is one to a stranger; most are not, which is cheap to see.

        Of a streamed answer only the address and the status count.
        """
        content = answer.content if getattr(answer, "_content_consumed", True) else b""
        was_sent_on = answer.history or answer.is_redirect
        may_be = was_sent_on or answer.status_code in SIGNED_OUT_STATUSES or b"password" in content.lower()
        if not may_be and (self.login is None or self.login.logged_out is None):
            return False
        return self.judge(_response(answer, Request(url, method), content=content)) == "anonymous"

    def _is_of_site(self, url: str) -> bool:
        """Whether `url` is on a host of the login or of `base_url`, or below one."""
        if self.login is None:
            return False
        host = host_of(url)
        sites = _sites(self.login.url, self.base_url or "")
        return any(host == site or host.endswith("." + site) for site in sites)

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
        if self._signing_in == threading.get_ident() and not request.is_safe:
            self._has_submitted = True
        started = time.monotonic()
        headers, policy = dict(request.headers), self.retry if retry else Retry(attempts=1)
        try:
            answer, attempts = self._send(
                request.method, request.url, data=request.content, headers=headers, policy=policy
            )
        except FetchError:
            raise
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise _fetch_error(error, request) from error
        return _response(answer, request, elapsed=time.monotonic() - started, attempts=attempts)

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
            logged_in=self.login.logged_in or self._is_member_page,
            logged_out=self.login.logged_out,
        )

    @property
    def _generation(self) -> int:
        """While another thread signs in, a request still goes with the cookies of the session before."""
        is_other = self._signing_in not in (0, threading.get_ident())
        return self.cookies.generation - is_other

    def redirected(
        self, request: PreparedRequest, answer: requests.Response, location: str
    ) -> PreparedRequest:
        """Follow a redirect, unless it would pass what a login sent on to another origin."""
        new = super().redirected(request, answer, location)
        is_login = self._signing_in == threading.get_ident()
        if is_login and new.body is not None and origin(new.url or "") != origin(request.url or ""):
            raise LoginError(f"{answer.url} would pass the password on to {origin(new.url or '')}; not sent.")
        return new

    def _is_member_page(self, page: Response) -> bool:
        return self._calibration is not None and self._calibration.is_member_page(page)

    def sign_in(self, *, after: int = 0) -> int:
        """Make sure that the session has signed in later than the epoch `after`; return its epoch.

        Signs in at most once for any number of threads that ask together, and only until a sign-in fails for
        good: that error is raised again from then on. Raises `LoginError`.
        """
        attempts = self._attempts
        with self._lock:
            return self._sign_in_after(after, attempts)

    def renew(self, *, after: int) -> bool:
        """Sign in again if the session of the epoch `after` has ended; return whether there is a new one.

        A page that looks signed out while the session is alive is closed to this account.
        """
        attempts = self._attempts
        with self._lock:
            if self.epoch <= after and self._attempts == attempts and self.is_signed_in():
                return False
            return self._sign_in_after(after, attempts) > after

    def _sign_in_after(self, epoch: int, attempts: int) -> int:
        """Sign in if that was not done meanwhile; `attempts` had been made when the caller came."""
        if self.login is None:
            raise ConfigError("This session has no login to sign in with: Session(FormLogin(...)).")
        if self.epoch <= epoch:
            if self._failure and (self._is_final or self._attempts > attempts):
                raise copy.copy(self._failure).with_traceback(None)
            self._sign_in(self.login)
        return self.epoch

    def _sign_in(self, login: Login) -> None:
        self._signing_in, self._has_submitted = threading.get_ident(), False
        self.cookies.new_generation()
        try:
            self._prove(login, login.sign_in(self))
        except FetchError as error:
            raise self._failed(LoginUnavailable(f"The sign-in did not get through: {error}")) from error
        except LoginError as error:
            self._failed(error)
            raise
        except Exception as error:
            self._failed(LoginError(f"The sign-in broke off: {type(error).__name__}: {error}"))
            raise
        finally:
            self._signing_in, self._attempts = 0, self._attempts + 1
        self._failure, self.account, self.epoch = None, login.account, self.epoch + 1
        log.info("Signed in as %s; cookies: %s", self.account, ", ".join(self.cookies.keys()) or "none")

    def _failed(self, error: LoginError) -> LoginError:
        """Remember a failure: for good, unless nothing was submitted or the site said that it cannot now."""
        is_passing = isinstance(error, LoginUnavailable) and error.response is not None
        is_harmless = not self._has_submitted and not isinstance(error, LoginRejected)
        self._failure, self._is_final = error, not (is_passing or is_harmless)
        return error

    def _prove(self, login: Login, landing: Response) -> None:
        """Remember a page that shows that the session is signed in."""
        if not login.verify:
            return
        urls = dict.fromkeys(self._proof_urls(login, landing))
        if login.logged_in is None:
            self._calibrate(login, [self._probe_url] if self._calibration else list(urls))
            return
        for url in urls:
            page = landing if landing.history and landing.url == url else self.exchange(Request(url))
            if self.judge(page) == "signed_in":
                self._probe_url = url
                return
        raise LoginUnverified(
            f"The form was sent, but {' and '.join(urls)} do not show {login.logged_in!r}, which only "
            f"members see. The sign-in ended at {landing.url} with status {landing.status}.",
            response=landing,
        )

    def _calibrate(self, login: Login, urls: list[str]) -> None:
        """Find out what tells members from strangers, unless that is known; prove the sign-in by it."""
        stranger = self._as_stranger(login) if self._calibration is None else None
        for url in urls:
            pages = [self.exchange(Request(url)) for _ in range(CALIBRATION_ROUNDS)]
            if stranger is not None:
                others = [stranger.exchange(Request(url)) for _ in range(CALIBRATION_ROUNDS)]
                self._calibration = calibrate(others, pages)
            if self._calibration and self._calibration.says(pages[-1]) == "signed_in":
                self._probe_url = url
                log.info("Calibrated on %s: %s", url, self._calibration)
                return
        raise LoginUnverified(
            f"The form was sent, but {' and '.join(urls)} look the same to members and to strangers: nothing "
            "proves the sign-in. Name a page that differs (verify_url=), say what only members see "
            "(logged_in='a.logout'), or go on without proof (verify=False)."
        )

    def _as_stranger(self, login: Login) -> Session:
        """Return a session that has seen the login page, as this one has, and is not signed in."""
        stranger = Session(base_url=self.base_url, timeout=self.timeout, retry=self.retry)
        for setting in ("headers", "proxies", "verify", "cert", "adapters", "trust_env", "max_body"):
            setattr(stranger, setting, getattr(self, setting))
        stranger.exchange(Request(self.absolute(login.url)))
        return stranger

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
            page = self.exchange(Request(self._probe_url))
        except FetchError as error:
            raise LoginUnavailable(f"Whether the session is alive cannot be told: {error}") from error
        verdict = self._calibration.says(page) if self._calibration else self.judge(page)
        return verdict == "signed_in"


@lru_cache
def _sites(*urls: str) -> frozenset[str]:
    """Return the hosts of the addresses that name one, without ``www.``."""
    return frozenset(host.removeprefix("www.") for host in map(host_of, urls) if host)


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
