"""`Session`: a ``requests.Session`` that signs in, and stays signed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Self, Unpack

import requests

from scraper.answers import response_of
from scraper.browser.render import Answer, Renderer
from scraper.client import MAX_BODY, Options, Timeout
from scraper.download import MAX_FILE, Download
from scraper.errors import AccessDenied, ConfigError, FetchError, LoginUnavailable, SessionEnded
from scraper.login.base import Login
from scraper.membership import Membership
from scraper.prepared import text
from scraper.redact import redact_url
from scraper.request import SAFE_METHODS, Request
from scraper.response import Auth, Response
from scraper.storage import Saved, Storage
from scraper.vault import Vault
from scraper.verdict import SIGNED_OUT_STATUSES

__all__ = ["MAX_BODY", "Session", "Timeout"]

FORBIDDEN = 403
"""What some sites answer to strangers, and others to members who may not see a page."""


class Session(Membership):
    """A ``requests.Session`` that is signed in.

    With a `login`, the first request to its site signs in, and a page that shows that the site has ended the
    session signs in again, once for any number of threads; then safe methods are sent again. `base_url` is
    what relative addresses count from, and the page on which a sign-in is proven unless the login names
    another. With a `state_dir`, or a `Vault`, sessions are kept there and tried before anyone signs in again,
    and rejected credentials are remembered. Other arguments, by name:

    - `timeout`: a `Timeout`, or seconds as in requests; `retry`: a `Retry`, or a number of attempts;
    - `headers`, added to every request; `auth`: `Credentials`, or what requests takes, which then belongs to
      the origin of `base_url` or else to the first one asked; `proxies`, `verify` and `cert` as in requests;
    - `max_body`: bytes, after decompression; `pool_size`: connections kept for each host;
    - `allow_private_redirects`: whether a public site may redirect to a private address.

    One session serves many threads.
    """

    def __init__(
        self,
        login: Login | None = None,
        *,
        base_url: str | None = None,
        state_dir: str | Path | Vault | None = None,
        **options: Unpack[Options],
    ) -> None:
        vault = state_dir if isinstance(state_dir, Vault) or state_dir is None else Vault(state_dir)
        super().__init__(login, base_url=base_url, vault=vault, **options)
        self._renderer = Renderer(self)

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
        session.go_on_as({"account": None, "epoch": 0, **state})
        return session

    def close(self) -> None:
        """Keep the session where it is to be kept, and close all connections, and the browser."""
        self.keep()
        self._renderer.close()
        super().close()

    # The steps of a script's request: session.get(...)

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request as ``requests.Session.request`` does, signed in.

        Raises what requests raises; `TooSlow`, `TooLarge` and `TooManyRedirects` are such errors too. Also
        raises `LoginError` where signing in fails, `AccessDenied` where a page stays closed after a proven
        sign-in, and `SessionEnded` where the session had ended and the method is not safe to repeat.
        """
        method, url = text(method), self._resolve(text(url))
        send = partial(super().request, method, url, *args, **kwargs)
        self._refuse_in_sign_in(method, method.lower())
        if not self.is_of_site(url):
            return send()
        self.sign_in()
        self.renew_in_time()
        return self._send_signed_in(send, method, url)

    def _refuse_in_sign_in(self, method: str, name: str) -> None:
        if self._is_signing_in:
            raise ConfigError(
                "A login takes its steps by session.open and session.submit, which send each once and keep "
                f"secrets where they belong, or by session.exchange(Request(url, {method!r})); not by "
                f"session.{name}."
            )

    def _send_signed_in(
        self, send: Callable[[], requests.Response], method: str, url: str
    ) -> requests.Response:
        """Send; where the session turns out to have ended, sign in once and send once more."""
        epoch, answer = self.epoch, send()
        if not self._is_anonymous(answer, method, url, epoch):
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
        epoch, answer = self.epoch, send()
        if self._is_anonymous(answer, method, url, epoch):
            raise AccessDenied(
                f"{redact_url(url)} stays closed to {self.account or 'this account'}.", response=answer
            )
        return answer

    def _is_anonymous(self, answer: requests.Response, method: str, url: str, epoch: int) -> bool:
        """Whether an answer to a script, of some `epoch`, is one to a stranger; most are not, which is cheap.

        Of a streamed answer only the address and the status count.
        """
        content = answer.content if getattr(answer, "_content_consumed", True) else b""
        was_sent_on = answer.history or answer.is_redirect
        may_be = was_sent_on or answer.status_code in SIGNED_OUT_STATUSES or b"password" in content.lower()
        may_be = may_be or answer.status_code == FORBIDDEN or self._calibration is not None
        if not may_be and (self.login is None or self.login.logged_out is None):
            return False
        page = response_of(answer, Request(url, method), content=content)
        verdict = self.judge(page)
        return verdict == "anonymous" or (verdict == "unknown" and self._is_stranger_s(page, epoch))

    def _is_stranger_s(self, page: Response, epoch: int) -> bool:
        """Whether a page that shows nothing else looks like what strangers get, and the session has ended.

        Of an answer for programs that is its status alone.
        """
        if not page.is_html and page.ok:
            return False
        known = self._calibration
        is_refused = page.status == FORBIDDEN and bool(self._probe_url)
        may_be = is_refused if known is None else known.says(page) == "anonymous"
        if not may_be:
            return False
        with self._lock:  # whoever renews the session may be about to, and the page may be of the one before
            return self.epoch > epoch or not self.is_signed_in()

    # The steps of a crawl's request: session.fetch(request)

    def fetch(self, request: Request) -> Response:
        """Send a request of a crawl and judge the answer; never signs in, and waits for no ``Retry-After``.

        One with `render` is opened in a browser. Raises `FetchError` where no answer came.
        """
        epoch, account = self.epoch, self.account
        rendered = self._rendered(request) if request.render else None
        response = rendered.page if rendered else self.exchange(request, waits=False)
        response.epoch, response.account = epoch, account
        response.auth = self.judge(response)
        if rendered is not None and rendered.is_doubtful and response.auth != "anonymous":
            response.auth = self._look_again(rendered)
        return response

    def _look_again(self, rendered: Answer) -> Auth:
        """Return what a page says that is not all there: the session may have ended while its scripts ran.

        Raises `FetchError` where the session is alive, and what was waited for did not show.
        """
        can_ask = self.login is not None and self.login.verify
        try:
            if can_ask and not self.is_signed_in():
                return "anonymous"
        except LoginUnavailable as error:
            raise FetchError(
                f"{rendered.missed or 'A script was answered as a stranger.'} {error}"
            ) from error
        if rendered.missed:
            raise FetchError(rendered.missed)
        return rendered.page.auth

    def _rendered(self, request: Request) -> Answer:
        """Open a page in the browser, and again where that may help, as often as any other."""
        render = partial(self._renderer.answer, request)
        answer, attempts = self.retry.call(
            render, method="GET", url=request.url, hurry=self._hurry, waits=False
        )
        assert isinstance(answer, Answer)
        answer.page.attempts = attempts
        return answer

    # Files

    def download(self, url: str, folder: str | Path = "files", *, limit: int = MAX_FILE) -> Saved:
        """Fetch a file, signed in, and keep it in `folder` under its checksum; at most `limit` bytes.

        What broke off is gone on with, now and at the next call. Raises `FetchError` where it cannot be had,
        and what `request` raises.
        """
        request = Request(self._resolve(url))
        self._refuse_in_sign_in("GET", "download")
        if self.is_of_site(request.url):
            self.sign_in()
        response, saved = self.fetch_file(request, Storage(folder), limit)
        if response.auth == "anonymous" and self.renew(after=response.epoch):
            response, saved = self.fetch_file(request, Storage(folder), limit)
        if response.auth == "anonymous":
            raise AccessDenied(f"{redact_url(url)} is closed to {self.account or 'this account'}.")
        if saved is None:
            raise FetchError(f"{redact_url(url)} answered {response.status}.")
        return saved

    def fetch_file(
        self, request: Request, storage: Storage, limit: int = MAX_FILE
    ) -> tuple[Response, Saved | None]:
        """Fetch a file for a crawl; return the answer, without its body, and the file if it is one.

        An answer that reads as one to a stranger is none. Raises `FetchError` where no answer came.
        """
        return Download(self, request, storage, limit).run()
