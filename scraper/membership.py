"""`Membership`: signs in when it has to, once for all threads and processes, and again when that ends."""

from __future__ import annotations

import copy
import logging
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Unpack

import requests
from requests.models import PreparedRequest

from scraper.client import Options
from scraper.errors import (
    AccountLocked,
    CodeRejected,
    ConfigError,
    FetchError,
    InteractionRequired,
    LoginError,
    LoginRejected,
    LoginUnavailable,
    LoginUnverified,
    PasswordExpired,
)
from scraper.forms import Form
from scraper.keeping import Keeping
from scraper.login.base import Login
from scraper.login.filling import Fill
from scraper.login.steps import Steps
from scraper.redact import redact, redact_url
from scraper.request import Request, host_of, is_same_page, join, origin
from scraper.response import Response
from scraper.vault import Vault

log = logging.getLogger("scraper.login")

_TRUST = re.compile(r"trust|device|remember|browser|mfa|2fa|known|tfa", re.IGNORECASE)


class Membership(Keeping):
    """A `Client` with a login: who it is at the site, since when, and how that is proven.

    Any number of threads share one sign-in. With a `vault`, a proven session is kept, and tried before anyone
    signs in again; and a credential that was rejected is not submitted again, in any process.
    """

    def __init__(
        self,
        login: Login | None,
        *,
        base_url: str | None = None,
        vault: Vault | None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(login, base_url=base_url, vault=vault, **options)
        self.is_restored, self.is_renewed, self.ask, self.pictures = False, False, None, None
        self.tell, self.returns_to = None, ""
        self._lock = threading.RLock()
        self._is_final, self._attempts = False, 0
        self._steps: Steps | None = None

    is_restored: bool
    """Whether the last sign-in was not needed, as a kept session was still alive."""
    is_renewed: bool
    """Whether the last sign-in was not needed, as the login could renew its tokens."""
    ask: Callable[[str], str] | None
    """Who is asked for what no source gives, such as an unexpected one-time code; ``None``: nobody."""
    tell: Callable[[str], None] | None
    """Who is told what to do in a browser; ``None``: nobody is there. ``session.tell = print`` will do."""
    returns_to: str
    """The address at which a sign-in ends when it is sent there; it is not asked for, whoever's it is."""

    pictures: Path | None
    """The folder where a browser keeps pictures of a sign-in; ``None``: it takes none."""

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

    @property
    def is_about_to_end(self) -> bool:
        """Whether what the login was granted ends soon, and is to be renewed; it costs nothing to ask."""
        return bool(self.tokens) and self.login is not None and self.login.is_due(self.tokens)

    def renew_in_time(self) -> None:
        """Renew what the login was granted if it is about to end, once for any number of threads."""
        if self.is_about_to_end:
            with self._lock:
                if self.is_about_to_end:
                    self.sign_in(after=self.epoch)

    def _sign_in_after(self, epoch: int, attempts: int) -> int:
        """Sign in if that was not done meanwhile; `attempts` had been made when the caller came."""
        if self.login is None:
            raise ConfigError("This session has no login to sign in with: Session(FormLogin(...)).")
        is_ended = self.epoch <= epoch
        if self._failure and (self._is_final or (is_ended and self._attempts > attempts)):
            raise copy.copy(self._failure).with_traceback(None)
        if is_ended:
            self._sign_in(self.login)
        return self.epoch

    def _sign_in(self, login: Login) -> None:
        """Go on with a kept session or with new tokens, or sign in; one process at a time for one account."""
        with self._alone():
            self._signing_in, self._has_submitted, self._credential = threading.get_ident(), False, None
            self._forms, self._steps = [], None
            self.cookies.new_generation()
            try:
                self.is_restored = self._restore_kept(login)
                self.is_renewed = not self.is_restored and self._renew_tokens(login)
                if not (self.is_restored or self.is_renewed):
                    self._do_sign_in(login)
            finally:
                self._signing_in, self._attempts = 0, self._attempts + 1
            self._failure, self.account, self.epoch = None, login.account, self.epoch + 1
            self._keep()
        how = "Still signed in" if self.is_restored else "Renewed" if self.is_renewed else "Signed in"
        names = dict.fromkeys(cookie.name for cookie in self.cookies)
        log.info("%s as %s; cookies: %s", how, self.account or "a member", ", ".join(names) or "none")

    def _renew_tokens(self, login: Login) -> bool:
        """Try to go on with new tokens; a refresh whose answer is lost may have used the old ones up.

        So a refresh token is not kept any more once it may be used, and the new one is before it is.
        """
        if not self.tokens or self.is_fresh:
            return False
        if "refresh" in self.tokens:
            self._keep(tokens={name: value for name, value in self.tokens.items() if name != "refresh"})
        self._renewing = threading.get_ident()
        try:
            tokens = login.renew(self, self.tokens)  # type: ignore[arg-type]
        except LoginUnavailable:
            self._keep()
            raise
        except FetchError as error:
            log.info("The tokens could not be renewed: %s", error)
            tokens = None
        finally:
            self._renewing, self._has_submitted = 0, False
        if tokens is None:
            return False
        self.grant(tokens)
        self._keep()
        return not login.verify or self.is_signed_in()

    def _do_sign_in(self, login: Login) -> None:
        self._drop_dead_cookies()
        self.tokens, self.storage = {}, ()
        self.carry(login.as_stranger())
        try:
            self._look_as_stranger(login)
            before = {cookie.name: cookie.value for cookie in self.cookies}
            self._prove_steps(login, self._walk(login))
        except FetchError as error:
            raise self._failed(LoginUnavailable(f"The sign-in did not get through: {error}")) from error
        except LoginError as error:
            self._failed(error)
            raise
        except Exception as error:
            self._failed(LoginError(f"The sign-in broke off: {type(error).__name__}: {error}"))
            raise
        self._auth_cookies = frozenset(c.name for c in self.cookies if before.get(c.name) != c.value)
        self._record("signed_in")

    def _prove_steps(self, login: Login, landing: Response | None) -> None:
        try:
            self._prove(login, landing)
        except LoginUnverified as error:
            raise login.unproven(error) from error.__cause__

    def _walk(self, login: Login) -> Response | None:
        """Do the steps; where the answer to a submit did not come, see whether it has worked all the same."""
        try:
            landing = login.sign_in(self)  # type: ignore[arg-type]
        except FetchError:
            if not self._has_submitted or not login.verify:
                raise
            log.info("The answer to the sign-in did not come; looking whether it worked.")
            if not self._looks_signed_in(login):
                raise
            return None
        if not isinstance(landing, Response):
            raise ConfigError(
                f"{type(login).__name__}.sign_in returned {landing!r}; let it return the page on which its "
                "steps end, as session.open and session.submit do."
            )
        return landing

    # What the steps of a login are made of

    def open(self, page: str | Request) -> Response:
        """Open a page, as a step of `Login.sign_in`, and return it.

        `page` is an address, which may be relative to `base_url`, or a request such as ``page.follow(...)``
        gives. Raises `LoginUnavailable` for an error page without a form.
        """
        return self._way.open(page)

    def submit(self, form: Form, fill: Fill | None = None, *, button: str | None = None) -> Response:
        """Fill in and submit a form, as a step of `Login.sign_in`, once; return the page that comes back.

            page = session.submit(page.form("#login"), fill(username=env("USER"), password=env("PASSWORD")))

        `button` is a CSS selector of the one to press where it is not the one that signs in. As in
        `FormLogin`, secrets go only where they may, rejected ones not again, and an answer that refuses
        them is raised: as `LoginRejected`, `AccountLocked`, ... Raises `LoginFormNotFound` where the form
        lacks a field of `fill`.
        """
        return self._way.submit(form, fill or Fill({}), button)

    @property
    def _way(self) -> Steps:
        if not self._is_signing_in or self.login is None:
            raise ConfigError(
                "open and submit are steps of Login.sign_in; a session that is signed in has get and post."
            )
        self._steps = self._steps or Steps(self.login, self)  # type: ignore[arg-type]
        return self._steps

    def _drop_dead_cookies(self) -> None:
        """Take away what the sign-in before brought, as a sign-out does: a site may trip over the remains.

        What belongs to providers stays, and what looks like the mark of a device that is trusted.
        """
        for cookie in self.cookies:
            is_dead = cookie.name in self._auth_cookies and not _TRUST.search(cookie.name)
            if is_dead and self._is_own(cookie.domain.lstrip(".")):
                self.cookies.clear(cookie.domain, cookie.path, cookie.name)
        self._auth_cookies = frozenset()

    def _is_own(self, domain: str) -> bool:
        """Whether cookies of `domain` belong to the login's own site."""
        assert self.login is not None
        host = host_of(self.absolute(self.login.url))
        return self.is_of_site(f"https://{domain}/") or host.endswith(f".{domain}")

    def looks_signed_in(self) -> bool:
        """Whether a sign-in that is under way has worked by now, whatever the answer to it looked like."""
        return self.login is not None and self.login.verify and self._looks_signed_in(self.login)

    def _looks_signed_in(self, login: Login) -> bool:
        try:
            self._prove(login, None)
        except (PasswordExpired, InteractionRequired):
            raise
        except (LoginError, FetchError):
            return False
        return True

    def _failed(self, error: LoginError) -> LoginError:
        """Remember a failure: for good, unless nothing was submitted or the site said that it cannot now."""
        is_passing = isinstance(error, LoginUnavailable) and error.response is not None
        is_harmless = not self._has_submitted and not isinstance(error, LoginRejected | AccountLocked)
        self._failure, self._is_final = error, not (is_passing or is_harmless)
        if self._has_submitted:
            self._record(_outcome(error), str(error))
        self._log_changed_forms()
        return error

    def redirected(
        self, request: PreparedRequest, answer: requests.Response, location: str
    ) -> PreparedRequest:
        """Follow a redirect, unless it would pass what a login sent on to an origin that may not see it."""
        new = super().redirected(request, answer, location)
        target = origin(new.url or "")
        is_passed_on = self._is_signing_in and new.body is not None and target != origin(request.url or "")
        if is_passed_on and (self.login is None or target not in self.login.origins):
            raise LoginError(f"{redact_url(answer.url)} would pass the password on to {target}; not sent.")
        return new

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Return where an answer leads on to; not on from where a sign-in ends."""
        target = super().get_redirect_target(resp)
        is_end = target and self.returns_to and self._is_signing_in
        if is_end and is_same_page(join(resp.url, target or ""), self.returns_to):
            return None
        return target

    @property
    def _generation(self) -> int:
        """While another thread signs in, a request still goes with the cookies of the session before."""
        is_other = self._signing_in not in (0, threading.get_ident())
        return self.cookies.generation - is_other

    def resume(self) -> bool:
        """Go on with the kept session, if there is one and it is alive; nothing is submitted."""
        if self.login is None or self.vault is None:
            return False
        with self._lock, self._alone():
            self.is_restored = self._restore_kept(self.login)
            if self.is_restored:
                self.account, self.epoch = self.login.account, self.epoch + 1
        return self.is_restored


def _outcome(error: LoginError) -> str:
    kinds = ((AccountLocked, "locked"), (CodeRejected, "code_rejected"), (LoginRejected, "rejected"))
    return next((name for kind, name in kinds if isinstance(error, kind)), redact(type(error).__name__))
