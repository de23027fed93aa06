"""`Login`: what every way to sign in declares and does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from scraper.response import Response
from scraper.selector import compile_css
from scraper.verdict import Indicator

if TYPE_CHECKING:
    from scraper.session import Session


class Login(ABC):
    """How one account signs in to one site, declared; it keeps no state, so one may serve many sessions.

    `url` is the page where the sign-in begins, absolute or relative to the session's ``base_url``.
    `logged_in` is what only signed-in visitors see, `logged_out` what only anonymous ones see: a CSS
    selector, or a callable that takes a `Response`; without `logged_in`, a page is compared as a stranger and
    as a member sees it. The sign-in counts once `verify_url` (default: the
    session's first page) shows `logged_in`; ``verify=False`` does without that proof, at your own risk.
    """

    def __init__(
        self,
        url: str,
        *,
        logged_in: Indicator | None = None,
        logged_out: Indicator | None = None,
        verify_url: str | None = None,
        verify: bool = True,
    ) -> None:
        for indicator in (logged_in, logged_out):
            if isinstance(indicator, str):
                compile_css(indicator)
        self.url, self.verify_url, self.verify = url, verify_url, verify
        self.logged_in, self.logged_out = logged_in, logged_out

    @abstractmethod
    def sign_in(self, session: Session) -> Response:
        """Do the steps over `session`, each once, and return the page on which they end.

        Raises a `LoginError` where the site does not let the account in. Whether it did is then proven by
        the session.
        """

    @property
    def account(self) -> str | None:
        """The name of the account, which goes with each page and item it saw; it is no secret."""
        return None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"
