"""`Passage`: the pages of an authorization server, walked through without a browser."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING

from scraper.errors import LoginError
from scraper.login.form import FormLogin
from scraper.login.oauth.code import Authorization
from scraper.login.walk import Walk
from scraper.redact import redact_url as shown
from scraper.request import Request, is_same_page, join, origin
from scraper.response import Response

if TYPE_CHECKING:
    from scraper.session import Session


class Passage(Walk):
    """A walk from the authorization page to where the provider sends back, which is not asked for.

    The page at the form's `url`, which counts from the authorization page, may see the credentials too.
    """

    def __init__(
        self, login: FormLogin, session: Session, authorization: Authorization, credential: str
    ) -> None:
        start = authorization.url
        walked = copy.copy(login)
        walked.url = start
        walked.origins = login.origins | {origin(start), origin(join(start, login.url))}
        super().__init__(walked, session)
        self._authorization, self._client = authorization, credential
        self.arrived = ""

    def answer(self) -> str:
        """Walk, and return the address that brings the answer."""
        self.session.returns_to = self._authorization.redirect_uri
        try:
            page = self.run()
        finally:
            self.session.returns_to = ""
        if not self.arrived:
            raise LoginError(
                f"The sign-in ended at {shown(page.url)}, which does not lead back to "
                f"{self._authorization.redirect_uri}. See each step with login --explain.",
                response=page,
            )
        return self.arrived

    def is_in(self, page: Response) -> bool:
        """Whether the provider has sent back."""
        return bool(self.arrived)

    def send(self, request: Request) -> Response:
        """Send a request, unless it is the one that leads back; see whether its answer does."""
        if self._arrives(request.url):
            return self._pages[-1]
        page = super().send(request)
        self._arrives(join(page.url, page.headers.get("Location", "")))
        return page

    def _arrives(self, url: str) -> bool:
        is_back = is_same_page(url, self._authorization.redirect_uri)
        self.arrived = url if is_back else self.arrived
        return is_back

    def _step_from(self, page: Response, *, is_first: bool) -> Callable[[], Response] | None:
        """Return the next step; the first page may be a consent, as the provider knows the account still."""
        return super()._step_from(page, is_first=is_first and page.has_password_field)

    def _credential(self) -> str:
        """Return what the ledger knows the credential by: the account's and the client's."""
        return f"{super()._credential()} {self._client}"
