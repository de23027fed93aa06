"""`Authorization`: one request for a code by a browser, and its answer (RFC 6749, 4.1; PKCE: RFC 7636)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from scraper.errors import LoginError
from scraper.login.oauth.client import library
from scraper.login.oauth.provider import Provider
from scraper.login.oauth.refusals import meant
from scraper.redact import redact_url as shown
from scraper.redact import register
from scraper.request import is_same_page

VERIFIER_LENGTH = 64


class Authorization:
    """A request for a code that only its own answer fits: by its state, its PKCE verifier and its issuer."""

    def __init__(
        self, client_id: str, provider: Provider, redirect_uri: str, scope: str, params: Mapping[str, str]
    ) -> None:
        self.provider, self.redirect_uri, self.scope = provider, redirect_uri, scope
        self.state = secrets.token_urlsafe(24)
        self.grant = library().WebApplicationClient(client_id)
        self.verifier = self.grant.create_code_verifier(VERIFIER_LENGTH)
        for value in (self.state, self.verifier):
            register(value, lasting=False)
        self._params = dict(params)

    @property
    def url(self) -> str:
        """The address that a browser opens."""
        scheme, rest = self.provider.authorization_url.split(":", 1)
        challenge = self.grant.create_code_challenge(self.verifier, "S256")
        url: str = self.grant.prepare_request_uri(
            f"https:{rest}",  # oauthlib knows no exception for this very machine; `Provider` has looked
            redirect_uri=self.redirect_uri,
            scope=self.scope,
            state=self.state,
            code_challenge=challenge,
            code_challenge_method="S256",
            **self._params,
        )
        return scheme + url.removeprefix("https")

    def is_answer(self, url: str) -> bool:
        """Whether a browser that is sent to `url` brings the answer to this request."""
        return is_same_page(url, self.redirect_uri) and parse_qs(urlsplit(url).query).get("state") == [
            self.state
        ]

    def given(self, url: str) -> dict[str, Any]:
        """Return what the token is asked for with. Raises what the answer at `url` says instead of a code."""
        oauth2 = library()
        try:
            said = self.grant.parse_request_uri_response(
                f"https://localhost/?{urlsplit(url).query}", state=self.state
            )
        except oauth2.OAuth2Error as error:
            raise meant(error, shown(self.provider.authorization_url), scope=self.scope) from None
        register(said["code"], lasting=False)
        self._check_issuer(said.get("iss"))
        return {
            "code": said["code"],
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
        }

    def _check_issuer(self, named: str | None) -> None:
        """See that the code is of the provider that was asked, and not of another (RFC 9207)."""
        is_known = named is not None and bool(self.provider.issuer)
        if (named is None and self.provider.names_itself) or (is_known and named != self.provider.issuer):
            raise LoginError(
                f"The code is of the issuer {named or 'nobody'!r}, not of {self.provider.issuer}; it was not "
                "used."
            )
