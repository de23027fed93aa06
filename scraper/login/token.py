"""`TokenLogin`: a token that was given beforehand, and is sent with every request."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Unpack

from requests.auth import AuthBase

from scraper.errors import ConfigError, LoginError
from scraper.login import words
from scraper.login.base import Login, Marks
from scraper.login.carrying import Carrying, checked
from scraper.login.complaints import alerts_of
from scraper.login.meaning import Meaning, error_of
from scraper.login.replies import refusal
from scraper.redact import redact_url as shown
from scraper.request import Request, is_http, is_trustworthy, origin
from scraper.response import Response
from scraper.values import Source, reveal, show

if TYPE_CHECKING:
    from scraper.session import Session

_CLOSED = frozenset((400, 403, 404, 405, 406, 410))
_ADVICE = "Name a page that is open to it: verify_url='/me'."

log = logging.getLogger("scraper.login")


class TokenLogin(Login):
    """Send a token that the site has given out for programs: ``TokenLogin(env("API_TOKEN"))``.

    It goes with every request to the origin of `site`, by default that of the session's ``base_url`` (in a
    spider: of its start URLs), and to no other: into a `header` (``"X-Api-Key"``, or whole, as is the default
    ``"Authorization: Bearer {token}"``), a `query` parameter, or a `cookie`. There is nothing to submit:
    where the page of proof stays closed, the token is wrong or has ended. `account` is a name for whose it
    is, where there are several. Other arguments are those of `Login`.
    """

    has_page = False

    def __init__(
        self,
        token: Source,
        *,
        site: str = "",
        header: str | None = None,
        query: str | None = None,
        cookie: str | None = None,
        account: str | None = None,
        **marks: Unpack[Marks],
    ) -> None:
        if site and not is_http(site):
            raise ConfigError(f"site={site!r} is no address like https://api.example.")
        super().__init__(site, **marks)
        self.own_site_only = bool(site)
        self.token, self.carrying, self._account = token, Carrying(header, query, cookie), account

    @property
    def account(self) -> str | None:
        """The name that was given for the account."""
        return self._account

    def __repr__(self) -> str:
        return f"TokenLogin({show(self.token)}, {self.carrying})"

    def sign_in(self, session: Session) -> Response:
        """Take the token, and see that the page that is to prove it is open to it."""
        page = session.absolute(self.verify_url or session.verify_url or self.url)
        home = session.absolute(self.url)
        for url in (home, page):
            if not is_trustworthy(url):
                raise LoginError(f"Nothing was sent: the token would go in clear to {origin(url)}.")
        token = checked(reveal(self.token), show(self.token))
        session.submitting(token)
        self.carrying.seed(session, token, home)
        session.grant({"given": True})
        log.info("Sends the token from %s in %s to %s.", show(self.token), self.carrying, origin(home))
        answer = session.exchange(Request(page))
        log.info("GET %s answered %d.", shown(page), answer.status)
        if error := self._refusal(session, answer, token):
            raise error
        return answer

    def _refusal(self, session: Session, answer: Response, token: str) -> LoginError | None:
        """Return what an answer to the token means; a page may be closed to one that is good."""
        said = alerts_of(answer)
        if answer.status in _CLOSED and not any(words.says(words.WRONG, text) for text in said):
            closed = Meaning(LoginError, f"answered {answer.status} to the token", _ADVICE)
            return error_of(closed, answer, next(iter(said), ""), [token])
        what = "token" if session.epoch == 0 else "token, which it took before; it has ended or was withdrawn"
        return None if answer.ok else refusal(self, answer, [token], has_code=False, what=what)

    def authorization(self, tokens: Mapping[str, Any]) -> AuthBase | None:
        """Return what puts the token on requests."""
        return self.carrying.granted(checked(reveal(self.token), show(self.token)))
