"""`DirectLogin`: no page to sign in on; the proof goes with each request, or belongs to the connection."""

from __future__ import annotations

import json
import logging
from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Unpack

from scraper.auth import Authorization
from scraper.errors import (
    ConfigError,
    FetchError,
    LoginRejected,
    LoginUnavailable,
    LoginUnverified,
)
from scraper.indicators import shows
from scraper.login import words
from scraper.login.base import Login, Marks
from scraper.login.complaints import complaint, headings_of, shown_url
from scraper.login.meaning import BY_WORDS, LOCKED, RATE, Meaning, broken, error_of
from scraper.request import Request, is_http, is_trustworthy, origin
from scraper.response import Response

if TYPE_CHECKING:
    from scraper.session import Session

log = logging.getLogger("scraper.login")

_HINTS = (words.LOCKED, words.TOO_MANY, words.EXPIRED)
_OTHER = "Name a page that the account may see: verify_url='/account'."


class Credential(NamedTuple):
    """What proves an account: `who` says it to people, `identity` tells it from another in the ledger.

    No message shows any of `secrets`.
    """

    who: str
    identity: str
    authorization: Authorization
    secrets: Sequence[str] = ()


class DirectLogin(Login):
    """Signs in by asking for the page that proves it, once without and once with the credential.

    `site` is the origin that the credential goes to, and no other: an address of it, or of the session's
    ``base_url``. Nothing is kept for a later run, which proves its credential by the same one request.
    """

    has_page = False
    is_kept = False
    own_site_only = True

    def __init__(self, site: str, **marks: Unpack[Marks]) -> None:
        super().__init__(site, **marks)
        if is_http(site):
            self._refuse_clear(site)

    @abstractmethod
    def credential(self, stranger: Response | None) -> Credential:
        """Look the credential up; `stranger` is what those without see, where that was looked at."""

    def look(self, session: Session, url: str) -> Response | None:
        """Ask for the page as a stranger, if that tells anything. Raises what speaks against going on."""
        return None

    def is_refused(self, page: Response) -> bool:
        """Whether the answer says that the credential is not accepted."""
        return page.status == 401 or shows(self.rejected, page)

    def sign_in(self, session: Session) -> Response:
        """Ask once for the page that proves it, with the credential. Raises what is said against it."""
        url = session.proof_url
        self._check_place(session, url)
        given = self.credential(self.look(session, url))
        session.submitting(given.identity)
        session.carry(given.authorization)
        page = self._ask(session, url)
        log.info("Asked for %s as %s; it answered %d.", shown_url(url), given.who, page.status)
        said = "" if page.ok else next(filter(None, [complaint(page), *headings_of(page)]), "")
        meaning = self._meaning(page, said, given.who)
        if not session.is_own(page.url):
            where = f"is where {shown_url(url)} leads, and the credentials do not go there"
            meaning = Meaning(LoginUnverified, where, _OTHER)
        if meaning is not None:
            session.carry(None)
            raise error_of(meaning, page, said, given.secrets)
        return page

    def _ask(self, session: Session, url: str) -> Response:
        """Ask once: a credential that may have arrived is not sent again to see whether it did."""
        try:
            return session.exchange(Request(url), retry=False)
        except FetchError as error:
            session.carry(None)
            raise LoginUnavailable(f"The sign-in did not get through: {error}") from error

    def _check_place(self, session: Session, url: str) -> None:
        """Refuse to prove it on a page that the credential does not go to, or in clear."""
        if not session.is_own(url):
            site = origin(session.absolute(self.url))
            raise ConfigError(
                f"{shown_url(url)} proves nothing: {self!r} goes to {site} alone. Name a page there that "
                "only members see: verify_url='/account'."
            )
        self._refuse_clear(url)

    def _refuse_clear(self, url: str) -> None:
        if not (is_trustworthy(url) or self.in_clear):
            raise ConfigError(
                f"{type(self).__name__} would send credentials to {origin(url)} in clear; give its "
                "https address."
            )

    def _meaning(self, page: Response, said: str, who: str) -> Meaning | None:
        """Return what speaks against a sign-in in the answer to the credential."""
        if page.status == 423 or shows(self.locked, page):
            return LOCKED
        if page.status == 429:
            return RATE
        if page.status >= 500:
            return broken(page.status)
        if hint := next((kind for kind in _HINTS if said and words.says(kind, said)), None):
            return BY_WORDS[hint]
        if self.is_refused(page):
            return Meaning(LoginRejected, f"did not accept {who}", "Check that before you sign in again.")
        if not page.ok:
            return Meaning(LoginUnverified, f"answered {page.status} to {who}, which proves nothing", _OTHER)
        return None


def identity(**parts: str) -> str:
    """Return what the ledger knows a credential by."""
    return json.dumps(parts, sort_keys=True)
