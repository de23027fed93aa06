"""`JsonLogin`: sign in as the scripts of a site do, by one request to its API."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Unpack

from requests.auth import AuthBase

from scraper.errors import LoginError
from scraper.login.base import Login, Marks
from scraper.login.carrying import Carrying, checked
from scraper.login.csrf import csrf_headers, echoed
from scraper.login.grants import Where, by_name, granted
from scraper.login.payload import Payload, refuse_to_read
from scraper.login.refresh import Refresh, with_tokens
from scraper.login.replies import refusal, without_token
from scraper.login.steps import exchanged
from scraper.redact import redact_url as shown
from scraper.request import Request, is_trustworthy, origin
from scraper.response import Response
from scraper.values import reveal

if TYPE_CHECKING:
    from scraper.session import Session

log = logging.getLogger("scraper.login")


class JsonLogin(Login):
    """Sign in by one request to an API.

        JsonLogin(
            "/auth/login",
            json={"email": env("USER"), "password": env("PW")},
            token="data.access_token",
            refresh="/auth/refresh",
        )

    What is sent is `json`, nested at will, or `data`, as forms send it; values may be sources such as
    ``env("PW")`` and ``totp(env("SEED"))``. The rest goes by name:

    - `token`: where the answer has the token: a JMESPath expression, ``"header:X-Auth-Token"`` or
      ``"cookie:jwt"``; ``None`` for an API that only sets cookies;
    - `header`, `query`, `cookie`: where the token goes; by default the header
      ``"Authorization: Bearer {token}"``; ``header="X-Auth-Token"`` is one that holds the token alone;
    - `refresh`: the address that gives a new token for the refresh token beside the first, which is sent back
      under the name it came by, or a `Refresh`. It is asked when the site no longer takes the token,
      and shortly before it ends, where the answer or the token itself, a JWT, says when that is;
    - `csrf`: an address to get first, for APIs that want back what it puts into a cookie;
    - `method`: that of the request; `clock`: the seconds since 1970;
    - those of `Login`.
    """

    has_page = False

    def __init__(
        self,
        url: str,
        *,
        json: Any = None,
        data: Mapping[str, Any] | None = None,
        token: str | None = None,
        header: str | None = None,
        query: str | None = None,
        cookie: str | None = None,
        refresh: str | Refresh | None = None,
        csrf: str | None = None,
        method: str = "POST",
        clock: Callable[[], float] = time.time,
        **marks: Unpack[Marks],
    ) -> None:
        super().__init__(url, **marks)
        refuse_to_read(method, "JsonLogin")
        self.payload = Payload(json, data, f"JsonLogin({url!r}, ...)")
        self.token = None if token is None else Where(token)
        self.carrying = Carrying(header, query, cookie)
        self.refresh = Refresh(refresh) if isinstance(refresh, str) else refresh
        self.csrf, self.method, self.clock = csrf, method, clock

    def __repr__(self) -> str:
        return f"JsonLogin({self.url!r}, {self.payload})"

    @property
    def account(self) -> str | None:
        """What is sent as the name of the account, as far as the names of the values tell."""
        found = self.payload.account
        return None if found is None else reveal(found[1], is_secret=False)

    @property
    def has_account(self) -> bool:
        """Whether anything but one secret, and one-time codes, is sent."""
        return self.payload.account is not None or len(self.payload.secrets) > 1

    # Signing in

    def sign_in(self, session: Session) -> Response:
        """Send the credentials once, and take what the answer grants."""
        target = self._target(session, self.url)
        if self.refresh is not None:
            self._target(session, self.refresh.url)
        headers = self._headers(session, target, self.payload, self._opened(session))
        filled = self.payload.filled(session)
        session.submitting(filled.credential)
        log.info("Sends %s to %s.", self.payload, shown(target))
        answer = exchanged(session, Request(target, self.method, headers, filled.body))
        tokens = self._read(session, answer)
        if "access" not in tokens:
            self._complain(answer, filled.secrets)
        session.grant(self._kept(session, tokens))
        return answer

    def _complain(self, answer: Response, secrets: Sequence[str]) -> None:
        """Raise what an answer without a token means; one that only has cookies may have worked."""
        if refused := refusal(self, answer, secrets, has_code=self.payload.has_code):
            raise refused
        if self.token is not None:
            raise without_token(answer, self.token.place, secrets)

    def _target(self, session: Session, url: str) -> str:
        """Return where credentials go: over https, and to an origin of the login's own."""
        target = session.absolute(url)
        if not is_trustworthy(target):
            raise LoginError(f"Nothing was sent: the credentials would go in clear to {origin(target)}.")
        own = {origin(session.absolute(self.url)), origin(session.base_url or target), *self.origins}
        if origin(target) not in own:
            raise LoginError(
                f"Nothing was sent: {shown(target)} is not of the login's origin; if tokens are renewed "
                f"there, say so: origins={origin(target)!r}."
            )
        return target

    def _opened(self, session: Session) -> Response | None:
        return None if self.csrf is None else exchanged(session, Request(session.absolute(self.csrf)))

    def _headers(
        self, session: Session, target: str, payload: Payload, page: Response | None = None
    ) -> dict[str, str]:
        """Return the headers that scripts would send, with what a site gave against forged requests."""
        cookies = session.cookies.cookies_for(target)
        tokens = echoed(cookies) if page is None else csrf_headers(page, target, cookies)
        headers = {"Content-Type": payload.content_type, "Accept": "application/json, */*;q=0.5"}
        if tokens or page is not None:
            log.info("Carried along in headers: %s.", ", ".join(tokens) or "nothing")
            here = origin(session.base_url or target)
            headers |= {"Origin": here, "Referer": f"{here}/", **tokens}
        return headers

    # Tokens

    def authorization(self, tokens: Mapping[str, Any]) -> AuthBase | None:
        """Return what puts the token on requests."""
        return self.carrying.granted(tokens["access"]) if "access" in tokens else None

    def _read(self, session: Session, answer: Response, token: Where | None = None) -> dict[str, Any]:
        """Return the tokens of an answer, as far as it accepts what was sent."""
        if not answer.ok:
            return {}
        asked = self.refresh.refresh_token if self.refresh else None
        refresh = None if asked is None else Where(asked)
        cookies = by_name(list(session.cookies.cookies_for(answer.url)))
        return granted(answer, token or self.token, refresh, cookies, self.clock())

    def _kept(self, session: Session, tokens: dict[str, Any]) -> dict[str, Any]:
        """Return `tokens` as the session keeps them; where they go into a cookie, put it there."""
        if access := tokens.get("access"):
            tokens["access"] = access = checked(access, self.url)
            home = session.absolute(self.url)
            self.carrying.seed(session, access, home, session.base_url or home)
            ends = f"; it lasts {tokens['expires_at'] - self.clock():.0f} s" if "expires_at" in tokens else ""
            also = " and one to renew it" if "refresh" in tokens else ""
            log.info("Took a token%s%s; it goes into %s.", also, ends, self.carrying)
        if self.refresh is None:
            tokens = {name: tokens[name] for name in ("access", "expires_at") if name in tokens}
        return tokens or ({"renew_by": "cookie"} if self.refresh else {})

    # Renewing them

    def is_due(self, tokens: Mapping[str, Any]) -> bool:
        """Whether the token ends soon, and can be renewed."""
        return bool(self.clock() >= tokens.get("renew_at", math.inf))

    def renew(self, session: Session, tokens: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Ask for a new token, once; ``None`` where the answer has none."""
        if self.refresh is None:
            return None
        how, target = self.refresh, self._target(session, self.refresh.url)
        payload = how.payload(tokens, is_json=self.payload.is_json)
        headers = self._headers(session, target, payload) | how.headers_with(tokens)
        body = payload.mapped(lambda name, value: with_tokens(tokens, value))
        answer = exchanged(session, Request(target, how.method, headers, body))
        new = self._read(session, answer, Where(how.token) if how.token else None)
        if not answer.ok or (self.token is not None and "access" not in new):
            log.info("The tokens were not renewed; signing in anew.")
            return None
        old = {name: tokens[name] for name in ("refresh", "refresh_name") if name in tokens}
        return self._kept(session, {**old, **new})
