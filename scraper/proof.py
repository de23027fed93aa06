"""`Proof`: a `Client` with a login that can tell whether it is signed in, and proves it once it has."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Unpack
from urllib.parse import parse_qsl, urljoin

import requests
from requests.adapters import BaseAdapter
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from scraper.answers import fetch_error, response_of
from scraper.auth import Attached, Authorization
from scraper.calibration import Calibration, calibrate
from scraper.client import Client, Options
from scraper.errors import ConfigError, FetchError, LoginUnavailable, LoginUnverified
from scraper.login.base import Login
from scraper.login.outcomes import person_needed
from scraper.login.tokens import register_storage_secrets
from scraper.redact import looks_secret, redact_url, register
from scraper.request import Request, host_of, is_http, origin
from scraper.response import Auth, Response
from scraper.retry import Retry
from scraper.transport import Adapter
from scraper.verdict import is_at, judge, was_sent_to_login

log = logging.getLogger("scraper.login")

CALIBRATION_ROUNDS = 2
ONCE = Retry(attempts=1)


class Proof(Client):
    """A `Client` that knows what tells a member from a stranger: what the login declares, or what differs."""

    def __init__(
        self, login: Login | None, *, base_url: str | None = None, **options: Unpack[Options]
    ) -> None:
        super().__init__(base_url=base_url, **options)
        self.login, self.verify_url = login, None
        self.epoch, self.account = 0, None
        self._signing_in, self._renewing, self._has_submitted = 0, 0, False
        self._probe_url = ""
        self._calibration: Calibration | None = None
        self._as_stranger: dict[str, list[Response]] = {}
        self._auth_cookies: frozenset[str] = frozenset()
        self._password_fields: frozenset[str] = frozenset()
        self.tokens, self.storage = {}, ()
        self._authorization, self._own_adapter = None, None

    verify_url: str | None
    """The page on which a sign-in is proven where the login names none; ``None``: `base_url`."""
    epoch: int
    """How often this session has signed in, each time proven; 0 before the first time."""
    account: str | None
    """As whom it has signed in."""
    tokens: Mapping[str, Any]
    """What the sign-in was granted beside cookies, such as access and refresh tokens; plain JSON."""
    storage: Sequence[Mapping[str, Any]]
    """Local storage that a browser has left, by origin, as ``origins`` of Playwright's ``storage_state``."""
    _authorization: AuthBase | None
    _own_adapter: BaseAdapter | None

    def absolute(self, url: str) -> str:
        """Resolve `url` against `base_url`, or against the login's address where there is none."""
        base = self.base_url or (self.login.url if self.login else "")
        absolute: str = _resolved(base, url)
        if not is_http(absolute):
            what = f"{url!r} is relative" if url else "The login names no site"
            raise ConfigError(f"{what}, and there is no base_url (in a spider: start_urls) to count from.")
        return absolute

    def exchange(self, request: Request, *, retry: bool = True, waits: bool = True) -> Response:
        """Send one request as it is and return the answer, not judged; logins are made of this.

        Safe methods are retried as the session's `Retry` says, unless `retry` is false. Unless it `waits`, an
        answer that says when to come again is the last one. Raises `FetchError` where no answer came.
        """
        if self._is_signing_in and not request.is_safe:
            self._has_submitted = True
        started = time.monotonic()
        policy = self.retry if retry else ONCE
        answer, attempts = self._answer(request, request.headers, policy=policy, waits=waits)
        response = response_of(answer, request, elapsed=time.monotonic() - started, attempts=attempts)
        if isinstance(self._authorization, Attached) and self._authorization.params:
            response.url = self._authorization.without(response.url)
            response.history = tuple(map(self._authorization.without, response.history))
        return response

    def _answer(
        self, request: Request, headers: Mapping[str, str], **options: Any
    ) -> tuple[requests.Response, int]:
        """Send a request, and return what requests answers and the number of attempts."""
        try:
            return self._send(
                request.method, request.url, data=request.content, headers=dict(headers), **options
            )
        except FetchError:
            raise
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise fetch_error(error, request) from error

    def submitted(self) -> None:
        """Be told by a login that it submits in another way than by `exchange`."""
        self._has_submitted = True

    def grant(self, tokens: Mapping[str, Any]) -> None:
        """Take what a login was granted; from now on its `authorization` goes with every request to it."""
        self.tokens = dict(tokens)
        self.carry(None if self.login is None else self.login.authorization(tokens))
        for token in filter(None, map(tokens.get, ("access", "refresh"))):
            register(token, lasting=False, holder=self._authorization)

    def keep_storage(self, origins: Iterable[Mapping[str, Any]]) -> None:
        """Take the local storage of a browser, by origin."""
        self.storage = [*origins]
        register_storage_secrets(self.storage, self)

    def carry(self, authorization: AuthBase | None) -> None:
        """Let this go with every request to the login's origins from now on; nothing of it is kept.

        Where it makes its own connections, none of before is used any more.
        """
        self._authorization, self._own_adapter = authorization, None
        if isinstance(authorization, Authorization):
            for secret in authorization.secrets:
                register(secret)
            self._own_adapter = authorization.adapter(self.pool_size)

    def session_auth(self, url: str) -> Any:
        """Return what the login was granted, where it belongs, or else ``session.auth``."""
        is_renewing = self._renewing == threading.get_ident()
        if self._authorization is None or is_renewing or not self.is_own(url):
            return super().session_auth(url)
        is_in_clear = self.login is not None and self.login.in_clear
        return self._authorization if is_in_clear else self._unless_clear(self._authorization, url)

    def get_adapter(self, url: str) -> Any:
        """Return what makes the connections to `url`: the login's own, unless another was mounted there."""
        adapter = super().get_adapter(url)
        is_default = self._own_adapter is not None and type(adapter) is Adapter
        return self._own_adapter if is_default and self.is_own(url) else adapter

    def close(self) -> None:
        """Close all connections."""
        if self._own_adapter is not None:
            self._own_adapter.close()
        super().close()

    def is_own(self, url: str) -> bool:
        """Whether tokens and credentials go to `url`: it is of the origin of the login, or of `base_url`."""
        assert self.login is not None
        base_url = "" if self.login.own_site_only else self.base_url or ""
        return origin(url) in _origins(self.absolute(self.login.url), base_url)

    @property
    def _is_signing_in(self) -> bool:
        return self._signing_in == threading.get_ident()

    # What a response says

    def judge(self, response: Response) -> Auth:
        """Return what a response says: signed in, anonymous or unknown.

        Without a login, and for pages of other sites than the login's, it says nothing: unknown.
        """
        login = self.login
        if login is None or not self.is_of_site(response.request.url):
            return "unknown"
        is_page = bool(login.url) and login.has_page and is_at(self.absolute(login.url), response.url)
        if is_page and response.has_password_field:
            return "anonymous"
        sent_to = self._calibration.sent_to if self._calibration else None
        if sent_to is not None and was_sent_to_login(response, sent_to):
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
        if not login.url or not login.has_page:
            return None
        url = self.absolute(login.url)
        members = filter(None, (self._probe_url, self.verify_url))
        return None if any(is_at(url, page) for page in members) else url

    def is_login_page(self, url: str) -> bool:
        """Whether `url` is that of the login page, and no page of members too."""
        login_url = self._login_url(self.login) if self.login is not None else None
        return login_url is not None and is_at(login_url, url)

    def is_of_site(self, url: str) -> bool:
        """Whether `url` is on a host of the login or of `base_url`, or below one."""
        if self.login is None:
            return False
        host = host_of(url)
        sites = _sites(self.login.url, self.base_url or "") or _sites(self.absolute(self.login.url))
        return any(host == site or host.endswith("." + site) for site in sites)

    def _is_member_page(self, page: Response) -> bool:
        return self._calibration is not None and self._calibration.is_member_page(page)

    # What proves a sign-in

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
            f"The steps were done, but {_listed(urls)} do not show {login.logged_in!r}, which only "
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
            if pages[-1].history and (needed := person_needed(pages[-1])):
                raise needed
            if self._calibration and self._says_member(pages[-1]):
                self._probe_url = url
                return
        self._calibration = self._calibration if is_known else None
        raise LoginUnverified(
            f"The steps were done, but {_listed(urls)} look the same to members and to strangers: "
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

    def _stranger(self, login: Login) -> Proof:
        stranger = Proof(None, base_url=self.base_url, timeout=self.timeout, retry=self.retry)
        for setting in ("headers", "proxies", "verify", "cert", "adapters", "trust_env", "max_body"):
            setattr(stranger, setting, getattr(self, setting))
        if login.has_page:
            stranger.exchange(Request(self.absolute(login.url)))
        return stranger

    @property
    def proof_url(self) -> str:
        """The page on which a sign-in is proven: as the login says, the session's, or `base_url`."""
        assert self.login is not None
        return self.absolute(self.login.verify_url or self.verify_url or self.base_url or self.login.url)

    def _proof_urls(self, login: Login, landing: Response | None) -> Iterator[str]:
        if login.verify_url is not None:
            yield self.absolute(login.verify_url)
            return
        if first := self.verify_url or self.base_url:
            yield first
        has_moved = self._has_submitted or (landing is not None and bool(landing.history))
        if landing is not None and has_moved and login.has_page and self.is_of_site(landing.url):
            yield _without_secrets(landing.url)

    def _look_as_stranger(self, login: Login) -> None:
        """Fetch the page that is to prove the sign-in before anyone signs in, with the same cookies."""
        self._as_stranger = {}
        if login.verify and login.logged_in is None and self._calibration is None:
            url = next(iter(self._proof_urls(login, None)), None)
            if url is not None:
                self._as_stranger[url] = [self.exchange(Request(url)) for _ in range(CALIBRATION_ROUNDS)]

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

    # What is known, as plain JSON

    def go_on_as(self, state: Mapping[str, Any]) -> None:
        """Be the session of `state`, as it was when that was taken: what a worker does for the loop."""
        if self.epoch != state["epoch"]:
            self.cookies.new_generation()
        self.take_over(state)
        self.account, self.epoch = state["account"], state["epoch"]
        if (authorization := state.get("authorization", self._authorization)) != self._authorization:
            self.carry(authorization)

    def travelling(self) -> dict[str, Any]:
        """Return the state for a worker, and what its requests carry; for a link of our own, no file."""
        return {**self.state(), "tokens": {}, "authorization": self._authorization}

    def take_over(self, state: Mapping[str, Any]) -> None:
        """Take the cookies of a saved state, and what it knows of how a member is told from a stranger."""
        self.cookies.restore_state(state["cookies"])
        self.keep_storage(state.get("origins", ()))
        self._probe_url = state.get("proven_at", "")
        self._auth_cookies = frozenset(state.get("auth_cookies", ()))
        self._password_fields = frozenset(state.get("password_fields", ()))
        if tokens := state.get("tokens"):
            self.grant(tokens)
        if (known := state.get("calibration")) and self._calibration is None:
            self._calibration = Calibration.restore(known)

    def state(self) -> dict[str, Any]:
        """Return what makes this session signed in, as plain JSON: keep it as safe as a password.

        ``cookies`` and ``origins`` are in the shape of Playwright's ``storage_state``.
        """
        return {
            "cookies": self.cookies.to_state(),
            "origins": [*self.storage],
            "base_url": self.base_url,
            "account": self.account,
            "epoch": self.epoch,
            "proven_at": self._probe_url,
            "tokens": dict(self.tokens),
            "auth_cookies": sorted(self._auth_cookies),
            "password_fields": sorted(self._password_fields),
            "calibration": self._calibration.state() if self._calibration else None,
        }


_resolved = lru_cache(maxsize=256)(urljoin)


def _without_secrets(url: str) -> str:
    """Return an address that may be asked again: without a query that holds a token for one time."""
    address, _, query = url.partition("#")[0].partition("?")
    is_secret = any(looks_secret(name) for name, _ in parse_qsl(query, keep_blank_values=True))
    return address if is_secret or not query else f"{address}?{query}"


def _listed(urls: Iterable[str]) -> str:
    return " and ".join(map(redact_url, urls))


def _ending(landing: Response | None) -> str:
    if landing is None:
        return ""
    return f" The sign-in ended at {redact_url(landing.url)} with status {landing.status}."


@lru_cache
def _origins(*urls: str) -> frozenset[str]:
    return frozenset(origin(url) for url in urls if is_http(url))


@lru_cache
def _sites(*urls: str) -> frozenset[str]:
    """Return the hosts of the addresses that name one, without ``www.``."""
    return frozenset(host.removeprefix("www.") for host in map(host_of, urls) if host)
