"""`Client`: who asks an authorization server for tokens, how it proves that, and what the answer grants."""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, urlencode

from scraper.errors import ConfigError, LoginError
from scraper.login.carrying import checked
from scraper.login.expiry import times_of
from scraper.login.oauth.provider import Provider
from scraper.login.oauth.refusals import no_token, refused
from scraper.redact import redact_url as shown
from scraper.redact import register
from scraper.request import Request
from scraper.response import Response

if TYPE_CHECKING:
    from scraper.login.base import Login
    from scraper.session import Session

log = logging.getLogger("scraper.login")

FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


def library() -> Any:
    """Return oauthlib, which knows the requests and answers of each grant."""
    try:
        from oauthlib import oauth2
    except ImportError as error:
        raise ConfigError(
            "OAuth2Login needs oauthlib, which is not installed: pip install 'login-aware-scraper[oauth]'."
        ) from error
    return oauth2


@dataclass(frozen=True)
class Client:
    """A client with its secret, if it has one, at a provider, for one sign-in or renewal.

    The secret goes into a header if it `sends_header`, as HTTP Basic, or else into the body.
    """

    login: Login
    session: Session
    provider: Provider
    id: str
    secret: str | None = field(repr=False)
    sends_header: bool
    scope: str
    params: Mapping[str, str]

    def ask(self, grant: Any, **given: Any) -> Response:
        """Ask once for tokens by a `grant`, a client of oauthlib, with what it wants."""
        body = grant.prepare_request_body(include_client_id=False, **given, **self.params)
        return self.post(self.provider.token_url, body)

    def renew(self, refresh: str) -> Response:
        """Ask once for new tokens by a refresh token (RFC 6749, 6)."""
        body = library().Client(self.id).prepare_refresh_body(refresh_token=refresh)
        return self.post(self.provider.token_url, body)

    def post(self, url: str, body: str) -> Response:
        """Post to the provider, once, as this client."""
        headers = FORM
        if self.secret is not None and self.sends_header:
            headers = {**FORM, "Authorization": f"Basic {self._basic(self.secret)}"}
        elif self.secret is not None:
            body = f"{body}&{urlencode({'client_id': self.id, 'client_secret': self.secret})}"
        else:
            body = f"{body}&{urlencode({'client_id': self.id})}"
        answer = self.session.exchange(Request(url, "POST", headers, body), retry=False)
        log.info("POST %s answered %d.", shown(url), answer.status)
        return answer

    def _basic(self, secret: str) -> str:
        """Return id and secret as RFC 6749, 2.3.1 wants them: each encoded as in a form."""
        register(quote_plus(secret))
        return b64encode(f"{quote_plus(self.id)}:{quote_plus(secret)}".encode()).decode()

    # What comes back

    def tokens(self, answer: Response, now: float, *secrets: str, is_code: bool = False) -> dict[str, Any]:
        """Return what an answer grants, as a session keeps it. Raises what it means where it grants nothing.

        `is_code`: whether a code of one time was given, and no credential beside that of the client.
        """
        hidden = list(filter(None, [*secrets, self.secret]))
        try:
            said = self._said(answer)
        except library().OAuth2Error as error:
            raise refused(self.login, answer, error, hidden, self.scope, is_code=is_code) from None
        return self._kept(said, answer, now, hidden)

    def refusal(self, answer: Response) -> LoginError:
        """Return what an answer means that does not give what was asked for."""
        hidden = [self.secret] if self.secret else []
        try:
            self._said(answer)
        except library().OAuth2Error as error:
            return refused(self.login, answer, error, hidden, self.scope)
        return no_token(self.login, answer, hidden)

    def _said(self, answer: Response) -> Mapping[str, Any]:
        """Return what an answer says; raises an error of oauthlib where that is an error, or no token."""
        try:
            said = library().Client(self.id).parse_request_body_response(answer.text)
        except (ValueError, TypeError, AttributeError, RecursionError):
            raise library().MissingTokenError() from None
        return dict(said)

    def _kept(
        self, said: Mapping[str, Any], answer: Response, now: float, hidden: list[str]
    ) -> dict[str, Any]:
        access, refresh, kind = (said.get(key) for key in ("access_token", "refresh_token", "token_type"))
        if not answer.ok or not isinstance(access, str):
            raise no_token(self.login, answer, hidden)
        if str(kind or "Bearer").lower() != "bearer":
            raise LoginError(
                f"{shown(answer.url)} grants a token of the type {str(kind)!r}; only bearer tokens are known "
                "(RFC 6750).",
                response=answer,
            )
        tokens = {"access": checked(access, shown(answer.url))}
        if isinstance(refresh, str) and refresh:
            tokens["refresh"] = refresh
        for token in tokens.values():
            register(token, lasting=False)
        lifetime = {"expires_in": said.get("expires_in")}
        return tokens | (times_of(None, [lifetime], now) or times_of(access, [], now))
