"""`Membership`: a `Client` that signs in, proves that it is in, and signs in again when that has ended."""

from __future__ import annotations

import copy
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Unpack
from urllib.parse import parse_qsl, urljoin

import requests
from requests.models import PreparedRequest
from urllib3.exceptions import HTTPError

from scraper.answers import fetch_error, response_of
from scraper.calibration import Calibration, calibrate
from scraper.client import Client, Options
from scraper.errors import (
    AccountLocked,
    CodeRejected,
    ConfigError,
    FetchError,
    LoginError,
    LoginRejected,
    LoginUnavailable,
    LoginUnverified,
)
from scraper.forms import Form, is_password
from scraper.login import Login
from scraper.redact import looks_secret, redact, redact_url
from scraper.request import Request, host_of, is_http, origin
from scraper.response import Auth, Response
from scraper.retry import Retry
from scraper.values import Totp
from scraper.vault import Attempt, Identity, Vault
from scraper.verdict import is_at, judge

log = logging.getLogger("scraper.login")

CALIBRATION_ROUNDS = 2
ONCE = Retry(attempts=1)

AN_HOUR = 3600.0
MOST_SUBMITS = 2
"""So many sign-ins within an hour may come to nothing; many sites lock an account after the third."""

EVERY_SPIDER = "accounts"
SUBMITTING, PARDONED = "submitting", "pardoned"

_TRUST = re.compile(r"trust|device|remember|browser|mfa|2fa|known|tfa", re.IGNORECASE)


class Membership(Client):
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
        super().__init__(base_url=base_url, **options)
        self.login, self.verify_url, self.vault = login, None, vault
        self.epoch, self.account, self.is_restored = 0, None, False
        self.name, self.ask = "session", None
        self._lock, self._signing_in = threading.RLock(), 0
        self._failure: LoginError | None = None
        self._is_final = self._has_submitted = False
        self._attempts, self._saved_at = 0, 0.0
        self._credential: str | None = None
        self._probe_url = ""
        self._calibration: Calibration | None = None
        self._auth_cookies: frozenset[str] = frozenset()
        self._password_fields: frozenset[str] = frozenset()
        self._forms: list[dict[str, Any]] = []
        self._as_stranger: dict[str, list[Response]] = {}

    verify_url: str | None
    """The page on which a sign-in is proven where the login names none; ``None``: `base_url`."""
    epoch: int
    """How often this session has signed in, each time proven; 0 before the first time."""
    account: str | None
    """As whom it has signed in."""
    is_restored: bool
    """Whether the last sign-in was not needed, as a kept session was still alive."""
    vault: Vault | None
    """Where sessions and outcomes of sign-ins are kept; ``None``: nowhere."""
    name: str
    """Under which name they are kept there."""
    ask: Callable[[str], str] | None
    """Who is asked for what no source gives, such as an unexpected one-time code; ``None``: nobody."""

    def absolute(self, url: str) -> str:
        """Resolve `url` against `base_url`, or against the login's address where there is none."""
        base = self.base_url or (self.login.url if self.login else "")
        absolute = urljoin(base, url)
        if not is_http(absolute):
            raise ConfigError(
                f"{url!r} is relative, and there is no base_url (in a spider: start_urls) to count from."
            )
        return absolute

    def exchange(self, request: Request, *, retry: bool = True, waits: bool = True) -> Response:
        """Send one request as it is and return the answer, not judged; logins are made of this.

        Safe methods are retried as the session's `Retry` says, unless `retry` is false. Unless it `waits`, an
        answer that says when to come again is the last one. Raises `FetchError` where no answer came.
        """
        if self._is_signing_in and not request.is_safe:
            self._has_submitted = True
        started = time.monotonic()
        headers, policy = dict(request.headers), self.retry if retry else ONCE
        try:
            answer, attempts = self._send(
                request.method,
                request.url,
                data=request.content,
                headers=headers,
                policy=policy,
                waits=waits,
            )
        except FetchError:
            raise
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise fetch_error(error, request) from error
        return response_of(answer, request, elapsed=time.monotonic() - started, attempts=attempts)

    # What a response says

    def judge(self, response: Response) -> Auth:
        """Return what a response says: signed in, anonymous or unknown.

        Without a login, and for pages of other sites than the login's, it says nothing: unknown.
        """
        login = self.login
        if login is None or not self.is_of_site(response.request.url):
            return "unknown"
        if is_at(self.absolute(login.url), response.url) and response.has_password_field:
            return "anonymous"
        return judge(
            response,
            login_url=self._login_url(login),
            logged_in=login.logged_in or self._is_member_page,
            logged_out=login.logged_out,
            providers=login.origins,
            auth_cookies=self._auth_cookies,
            password_fields=self._password_fields,
        )

    def _login_url(self, login: Login) -> str | None:
        """Return the address that only strangers are sent to; a members' page that has the form is none."""
        url = self.absolute(login.url)
        members = filter(None, (self._probe_url, self.verify_url))
        return None if any(is_at(url, page) for page in members) else url

    def is_of_site(self, url: str) -> bool:
        """Whether `url` is on a host of the login or of `base_url`, or below one."""
        if self.login is None:
            return False
        host = host_of(url)
        sites = _sites(self.login.url, self.base_url or "")
        return any(host == site or host.endswith("." + site) for site in sites)

    def _is_member_page(self, page: Response) -> bool:
        return self._calibration is not None and self._calibration.is_member_page(page)

    # Who signs in, and when

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

    @property
    def _is_signing_in(self) -> bool:
        return self._signing_in == threading.get_ident()

    def _sign_in(self, login: Login) -> None:
        """Go on with a kept session that is alive, or sign in; one process at a time, for one account."""
        with self._alone():
            self._signing_in, self._has_submitted, self._credential = threading.get_ident(), False, None
            self._forms = []
            self.cookies.new_generation()
            try:
                self.is_restored = self._restore_kept(login)
                if not self.is_restored:
                    self._do_sign_in(login)
            finally:
                self._signing_in, self._attempts = 0, self._attempts + 1
            self._failure, self.account, self.epoch = None, login.account, self.epoch + 1
            self._keep()
        how = "Still signed in" if self.is_restored else "Signed in"
        names = dict.fromkeys(cookie.name for cookie in self.cookies)
        log.info("%s as %s; cookies: %s", how, self.account or "a member", ", ".join(names) or "none")

    def _do_sign_in(self, login: Login) -> None:
        self._drop_dead_cookies()
        try:
            self._look_as_stranger(login)
            before = {cookie.name: cookie.value for cookie in self.cookies}
            self._prove(login, self._walk(login))
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

    def _look_as_stranger(self, login: Login) -> None:
        """Fetch the page that is to prove the sign-in before anyone signs in, with the same cookies."""
        self._as_stranger = {}
        if login.verify and login.logged_in is None and self._calibration is None:
            url = next(iter(self._proof_urls(login, None)), None)
            if url is not None:
                self._as_stranger[url] = [self.exchange(Request(url)) for _ in range(CALIBRATION_ROUNDS)]

    def _walk(self, login: Login) -> Response | None:
        """Do the steps; where the answer to a submit did not come, see whether it has worked all the same."""
        try:
            return login.sign_in(self)  # type: ignore[arg-type]
        except FetchError:
            if not self._has_submitted or not login.verify:
                raise
            log.info("The answer to the sign-in did not come; looking whether it worked.")
            if not self._looks_signed_in(login):
                raise
            return None

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
            raise LoginError(f"{answer.url} would pass the password on to {target}; not sent.")
        return new

    @property
    def _generation(self) -> int:
        """While another thread signs in, a request still goes with the cookies of the session before."""
        is_other = self._signing_in not in (0, threading.get_ident())
        return self.cookies.generation - is_other

    # Proof

    def _prove(self, login: Login, landing: Response | None) -> None:
        """Remember a page that shows that the session is signed in."""
        if not login.verify:
            return
        urls = list(dict.fromkeys(self._proof_urls(login, landing)))
        if login.logged_in is None:
            self._calibrate(login, [self._probe_url] if self._calibration else urls)
            return
        for url in urls:
            is_there = landing is not None and landing.history and landing.url == url
            page = landing if landing is not None and is_there else self.exchange(Request(url))
            if self.judge(page) == "signed_in":
                self._probe_url = url
                log.info("%s shows %r, which only members see.", redact_url(url), login.logged_in)
                return
        raise LoginUnverified(
            f"The steps were done, but {' and '.join(urls)} do not show {login.logged_in!r}, which only "
            f"members see.{_ending(landing)} See each step with login --explain.",
            response=landing,
        )

    def _calibrate(self, login: Login, urls: list[str]) -> None:
        """Find out what tells members from strangers, unless that is known; prove the sign-in by it."""
        is_known, pages = self._calibration is not None, list[Response]()
        for url in urls:
            pages = [self.exchange(Request(url)) for _ in range(1 if is_known else CALIBRATION_ROUNDS)]
            if not is_known:
                self._calibration = calibrate(
                    self._as_stranger.get(url) or self._strangers(login, url), pages
                )
                log.info(
                    "Compared %s as stranger and as member: %s.",
                    redact_url(url),
                    self._calibration or "the same",
                )
            if self._calibration and self._says_member(pages[-1]):
                self._probe_url = url
                return
        self._calibration = self._calibration if is_known else None
        raise LoginUnverified(
            f"The steps were done, but {' and '.join(urls)} look the same to members and to strangers: "
            f"nothing proves the sign-in.{_ending(pages[-1] if pages else None)} Name a page that differs "
            "(verify_url=), say what only members see (logged_in='a.logout'), or do without (verify=False).",
            response=pages[-1] if pages else None,
        )

    def _says_member(self, page: Response) -> bool:
        """Whether the page that was compared shows a member; one that asks for a password never does."""
        assert self._calibration is not None
        is_shown = page.status < 400 or bool(page.ways_out)
        return is_shown and self.judge(page) != "anonymous" and self._calibration.says(page) == "signed_in"

    def _strangers(self, login: Login, url: str) -> list[Response]:
        """Fetch a page as strangers do: sessions that have seen the login page, as this one has."""
        return [self._stranger(login).exchange(Request(url)) for _ in range(CALIBRATION_ROUNDS)]

    def _stranger(self, login: Login) -> Membership:
        stranger = Membership(
            None, base_url=self.base_url, vault=None, timeout=self.timeout, retry=self.retry
        )
        for setting in ("headers", "proxies", "verify", "cert", "adapters", "trust_env", "max_body"):
            setattr(stranger, setting, getattr(self, setting))
        stranger.exchange(Request(self.absolute(login.url)))
        return stranger

    def _proof_urls(self, login: Login, landing: Response | None) -> Iterator[str]:
        if login.verify_url is not None:
            yield self.absolute(login.verify_url)
            return
        if first := self.verify_url or self.base_url:
            yield first
        has_moved = self._has_submitted or (landing is not None and bool(landing.history))
        if landing is not None and has_moved and self.is_of_site(landing.url):
            yield _without_secrets(landing.url)

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
        return self._says_member(page) if self._calibration else self.judge(page) == "signed_in"

    def resume(self) -> bool:
        """Go on with the kept session, if there is one and it is alive; nothing is submitted."""
        if self.login is None or self.vault is None:
            return False
        with self._lock, self._alone():
            self.is_restored = self._restore_kept(self.login)
            if self.is_restored:
                self.account, self.epoch = self.login.account, self.epoch + 1
        return self.is_restored

    # What a login tells

    def submitting(self, credential: str) -> None:
        """Be told by a login, right before it submits a secret, what tells this credential from another.

        Raises what the site said where it has rejected that very credential, or has locked the account.
        """
        self._credential = credential
        if self.vault is None:
            return
        if before := self.vault.objection(self._ledger, credential):
            raise self._refused(before)
        self._refuse_a_third_time()
        self.vault.record(self._ledger, credential, SUBMITTING)

    def _refuse_a_third_time(self) -> None:
        """Refuse after two submits within the hour of which nothing came: many sites lock after the third."""
        assert self.vault is not None
        attempts, since = self.vault.attempts(self._ledger), time.time() - AN_HOUR
        settled = [n for n, attempt in enumerate(attempts) if attempt.outcome in ("signed_in", PARDONED)]
        recent = [attempt for attempt in attempts[settled[-1] + 1 if settled else 0 :] if attempt.at > since]
        if sum(attempt.outcome == SUBMITTING for attempt in recent) < MOST_SUBMITS:
            return
        said = next((attempt.message for attempt in reversed(recent) if attempt.message), "nothing")
        raise LoginError(
            f"Nothing was sent: {MOST_SUBMITS} sign-ins within the hour have come to nothing, and sites lock "
            f"accounts after a few. Wait, or `python -m scraper login {self.name} --forget`. The last: {said}"
        )

    def _refused(self, before: Attempt) -> LoginError:
        when = _day(before.at)
        forget = f"`python -m scraper login {self.name} --forget` lets them be tried again."
        if before.outcome == "locked":
            return AccountLocked(
                f"Nothing was sent: the account was locked on {when}. {before.message} {forget}"
            )
        return LoginRejected(
            f"Nothing was sent: the site rejected these very credentials on {when}. Change them, or {forget} "
            f"It said: {before.message}"
        )

    def remember_form(self, form: Form) -> None:
        """Be told which form is being submitted, so that a later change of it can be seen."""
        self._forms.append({"action": form.action(None).partition("?")[0], "fields": form.names})
        self._password_fields |= {c.get("name", "") for c in form.typed_into() if is_password(c)}

    def prepare_code(self, source: Totp) -> None:
        """Let a source of one-time codes know which of them this account has given before, in any process."""
        if self.vault is not None:
            source.skip(self.vault.last_code(self._ledger))

    def gave_code(self, source: Totp) -> None:
        """Write down that a source has given a one-time code."""
        if self.vault is not None:
            self.vault.note_code(self._ledger, source.used)

    # What is kept

    @property
    def identity(self) -> Identity:
        """Whose session this is, in the vault."""
        assert self.login is not None
        return Identity(self.name, origin(self.absolute(self.login.url)), self.login.account or "")

    @property
    def _ledger(self) -> Identity:
        """Whose outcomes these are: of one account at one site, whatever spider signs in."""
        who = self.identity
        return Identity(EVERY_SPIDER, who.site, who.account.strip().casefold())

    @property
    def _is_known(self) -> bool:
        """Whether the login names its account, or has none, so that nobody goes on with another's session."""
        return self.login is not None and (self.login.account is not None or not self.login.has_account)

    def forget(self, *, outcomes: bool) -> bool:
        """Forget the kept session, and the `outcomes` of sign-ins; return whether there was any."""
        if self.vault is None or self.login is None:
            return False
        had = self.vault.forget(self.identity)
        if outcomes:
            had = self.vault.pardon(self._ledger) or had
            self.vault.record(self._ledger, "", PARDONED)
        return had

    def _alone(self) -> AbstractContextManager[Any]:
        return nullcontext() if self.vault is None else self.vault.lock(self._ledger)

    def _record(self, outcome: str, message: str = "") -> None:
        if self.vault is not None and self._credential is not None:
            with _warned_of("The outcome of the sign-in is not remembered"):
                self.vault.record(self._ledger, self._credential, outcome, message)

    def _restore_kept(self, login: Login) -> bool:
        """Go on with the session in the vault, if it is newer than this one and the site says it is alive."""
        can_be = self.vault is not None and login.verify and self._is_known
        state = self.vault.load(self.identity) if self.vault is not None and can_be else None
        if state is None or state.get("saved_at", 0.0) <= self._saved_at:
            return False
        self._saved_at = state["saved_at"]
        self.take_over(state)
        if self.is_signed_in():
            return True
        log.info("The session kept on %s has ended.", _day(self._saved_at))
        return False

    def go_on_as(self, state: Mapping[str, Any]) -> None:
        """Be the session of `state`, as it was when that was taken: what a worker does for the loop."""
        if self.epoch != state["epoch"]:
            self.cookies.new_generation()
        self.take_over(state)
        self.account, self.epoch = state["account"], state["epoch"]

    def take_over(self, state: Mapping[str, Any]) -> None:
        """Take the cookies of a saved state, and what it knows of how a member is told from a stranger."""
        self.cookies.restore_state(state["cookies"])
        self._probe_url = state.get("proven_at", "")
        self._auth_cookies = frozenset(state.get("auth_cookies", ()))
        self._password_fields = frozenset(state.get("password_fields", ()))
        if (known := state.get("calibration")) and self._calibration is None:
            self._calibration = Calibration.restore(known)

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
            "auth_cookies": sorted(self._auth_cookies),
            "password_fields": sorted(self._password_fields),
            "calibration": self._calibration.state() if self._calibration else None,
        }

    def _keep(self) -> None:
        """Put the session, as it is now, into the vault."""
        if self.vault is None or self.login is None or not (self.login.verify and self._is_known):
            return
        forms = self._forms or (self.vault.load(self.identity) or {}).get("forms", [])
        self._saved_at = time.time()
        with _warned_of("The session is not kept"):
            self.vault.save(self.identity, {**self.state(), "saved_at": self._saved_at, "forms": forms})

    def keep(self) -> None:
        """Keep the session as its cookies are by now, if it is signed in and there is a vault."""
        with self._lock:
            if self.epoch and self._failure is None:
                self._keep()

    def _log_changed_forms(self) -> None:
        """Say how the forms differ from those that worked last time."""
        kept = self.vault.load(self.identity) if self.vault is not None and self._forms else None
        for before, now in zip((kept or {}).get("forms", []), self._forms, strict=False):
            gone, new = (
                set(one["fields"]) - set(two["fields"]) for one, two in ((before, now), (now, before))
            )
            if gone or new or before["action"] != now["action"]:
                log.warning(
                    "The form has changed since it last worked: %s -> %s; gone: %s; new: %s.",
                    before["action"],
                    now["action"],
                    ", ".join(sorted(gone)) or "nothing",
                    ", ".join(sorted(new)) or "nothing",
                )


@contextmanager
def _warned_of(what: str) -> Iterator[None]:
    """Warn, and go on, where something cannot be written that the sign-in does not need."""
    try:
        yield
    except ConfigError as error:
        log.warning("%s: %s", what, error)


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _without_secrets(url: str) -> str:
    """Return an address that may be asked again: without a query that holds a token for one time."""
    address, _, query = url.partition("#")[0].partition("?")
    is_secret = any(looks_secret(name) for name, _ in parse_qsl(query, keep_blank_values=True))
    return address if is_secret or not query else f"{address}?{query}"


def _ending(landing: Response | None) -> str:
    if landing is None:
        return ""
    return f" The sign-in ended at {landing.url} with status {landing.status}."


def _outcome(error: LoginError) -> str:
    kinds = ((AccountLocked, "locked"), (CodeRejected, "code_rejected"), (LoginRejected, "rejected"))
    return next((name for kind, name in kinds if isinstance(error, kind)), redact(type(error).__name__))


@lru_cache
def _sites(*urls: str) -> frozenset[str]:
    """Return the hosts of the addresses that name one, without ``www.``."""
    return frozenset(host.removeprefix("www.") for host in map(host_of, urls) if host)
