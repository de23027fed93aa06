"""`OAuth2Login`: sign in at an authorization server, and send the token that it grants to the site."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Unpack

from requests.auth import AuthBase

from scraper.errors import ConfigError, InteractionRequired, LoginError, LoginUnavailable
from scraper.login.base import Login, Marks
from scraper.login.carrying import Carrying
from scraper.login.form import FormLogin
from scraper.login.oauth.client import Client, library
from scraper.login.oauth.loopback import ADDRESS, PATH, is_here
from scraper.login.oauth.provider import Provider
from scraper.login.oauth.ways import WAYS
from scraper.request import is_http
from scraper.response import Response
from scraper.values import Source, reveal, show

if TYPE_CHECKING:
    from scraper.session import Session

log = logging.getLogger("scraper.login")

GRANTS = {
    "client_credentials": "token_url",
    "password": "token_url",
    "device_code": "device_url",
    "authorization_code": "authorization_url",
}
"""The grants, each with the address that it begins at."""

_OWN = frozenset((
    *("body", "client_id", "client_secret", "code", "code_challenge", "code_challenge_method"),
    *("code_verifier", "device_code", "grant_type", "include_client_id", "password", "redirect_uri"),
    *("refresh_token", "response_type", "scope", "state", "uri", "username"),
))  # fmt: skip
"""Parameters of the standard, and arguments of oauthlib, that no others may stand in for."""

PATIENCE = 300.0
"""Seconds that a person may take to sign in with a browser."""


class OAuth2Login(Login):
    """Sign in by OAuth 2.0 (RFC 6749, 7636, 8252, 8414, 8628, 9207), and send the token to the site.

        OAuth2Login("https://sso.example", client_id=env("ID"), client_secret=env("SECRET"), scope="read")

    `issuer` is the authorization server, which says itself where it is asked for what; `token_url`,
    `authorization_url` and `device_url` say it in its place. The rest goes by name:

    - `client_id`, and `client_secret` unless the client is public; the secret goes into a header, or, with
      ``client_auth="post"``, into the body;
    - `grant`: ``"client_credentials"``; ``"password"`` with `username` and `password`; ``"device_code"``, for
      which a person enters a code in a browser anywhere; or ``"authorization_code"``, for which a person
      signs in with a browser here, or `walk`, a `FormLogin`, fills in the provider's pages. By default what
      fits;
    - `scope`: what to ask for; `params`: what else the provider wants, such as ``{"audience": "..."}``;
    - `redirect_uri`: where the provider sends back; with a browser an address of this machine, and by default
      any port of it; with `walk` it is never asked for;
    - `site`: the origin that the token goes to, if that is not the one of ``base_url``;
    - `account`: a name for the account, where nothing else tells it;
    - `patience`: seconds that a person may take with a browser; `clock` (seconds since 1970) and `sleep`;
    - those of `Login`.

    The token is renewed before it ends, or when it has: by the refresh token, or with client credentials by
    asking again. An ID token is not read, so it proves nothing. Needs the extra ``oauth``.
    """

    has_page = False

    def __init__(
        self,
        issuer: str = "",
        *,
        client_id: Source,
        client_secret: Source | None = None,
        client_auth: str | None = None,
        grant: str | None = None,
        username: Source | None = None,
        password: Source | None = None,
        walk: FormLogin | None = None,
        scope: str | Iterable[str] = "",
        params: Mapping[str, str] | None = None,
        token_url: str = "",
        authorization_url: str = "",
        device_url: str = "",
        redirect_uri: str = "",
        site: str = "",
        account: str | None = None,
        patience: float = PATIENCE,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], object] = time.sleep,
        **marks: Unpack[Marks],
    ) -> None:
        super().__init__(site, **marks)
        self.own_site_only = bool(site)
        self.server = Provider(issuer, token_url, authorization_url, device_url)
        self.provider = issuer or token_url
        self.client_id, self.client_secret, self.client_auth = client_id, client_secret, client_auth
        self.username, self.password, self.walk = username, password, walk
        self.grant = grant or self._fitting
        self.scope = scope if isinstance(scope, str) else " ".join(scope)
        self.params, self.redirect_uri, self.named = dict(params or {}), redirect_uri, account
        self.patience, self.clock, self.sleep = patience, clock, sleep
        self._check()

    @property
    def _fitting(self) -> str:
        """The grant that what was given is for."""
        if self.username is not None or self.password is not None:
            return "password"
        if self.walk is not None or self.server.authorization_url:
            return "authorization_code"
        if self.server.device_url:
            return "device_code"
        return "authorization_code" if self.client_secret is None else "client_credentials"

    def _check(self) -> None:
        """Raise a `ConfigError` for what could not work."""
        start = GRANTS.get(self.grant)
        if start is None:
            raise ConfigError(f"grant={self.grant!r} is none of {', '.join(GRANTS)}.")
        given = {"client_secret": self.client_secret, "username": self.username, "password": self.password}
        wanted = {"client_credentials": ["client_secret"], "password": ["username", "password"]}
        if missing := [name for name in wanted.get(self.grant, ()) if given[name] is None]:
            raise ConfigError(f"OAuth2Login with grant={self.grant!r} wants {' and '.join(missing)} too.")
        if not self.server.issuer and not (self.server.token_url and getattr(self.server, start)):
            needed = " and ".join(dict.fromkeys(["token_url", start]))
            raise ConfigError(f"OAuth2Login wants the provider's issuer, or {needed}.")
        if self.walk is not None and not (
            self.grant == "authorization_code" and isinstance(self.walk, FormLogin)
        ):
            raise ConfigError("walk= takes a FormLogin, and goes with grant='authorization_code'.")
        if self.client_auth not in (None, "basic", "post"):
            raise ConfigError(f"client_auth={self.client_auth!r} is neither 'basic' nor 'post'.")
        if own := _OWN.intersection(self.params):
            raise ConfigError(f"params= has {', '.join(sorted(own))}, which OAuth2Login says itself.")
        if self.url and not is_http(self.url):
            raise ConfigError(f"site={self.url!r} is no address like https://api.example.")
        self._check_redirect()

    def _check_redirect(self) -> None:
        if self.redirect_uri and self.walk is None and not is_here(self.redirect_uri):
            raise ConfigError(
                f"A browser has to come back to this program, and redirect_uri={self.redirect_uri!r} is not "
                f"here. Give one like 'http://{ADDRESS}:8400{PATH}', or walk=FormLogin(...)."
            )

    def __repr__(self) -> str:
        client = repr(self.client_id) if isinstance(self.client_id, str) else show(self.client_id)
        return f"OAuth2Login({self.provider!r}, {self.grant}, client_id={client})"

    @property
    def account(self) -> str | None:
        """The name of the account: as given, the user name, or with client credentials that of the client."""
        if self.named is not None or self.walk is not None:
            return self.named or (self.walk.account if self.walk else None)
        name = {"password": self.username, "client_credentials": self.client_id}.get(self.grant)
        return None if name is None else reveal(name, is_secret=False)

    @property
    def has_account(self) -> bool:
        """Whether anything tells the account from another; who signs in with a browser may be anyone."""
        return self.account is not None

    # Signing in

    def sign_in(self, session: Session) -> Response:
        """Get a token by the grant, and take it."""
        if self._needs_person and session.tell is None:
            raise InteractionRequired(
                f"A person has to sign in at {self.provider}: run `python -m scraper login SPIDER` at a "
                "terminal, then run --resume."
            )
        client = self._client(session, GRANTS[self.grant])
        answer, tokens = WAYS[self.grant](self, client)
        self._say(tokens)
        session.grant({**tokens, "granted_to": self._whose})
        return answer

    def _client(self, session: Session, wanted: str) -> Client:
        library()
        server = self.server.discovered(session, wanted)
        secret = None if self.client_secret is None else reveal(self.client_secret)
        sends_header = self.client_auth == "basic" or (self.client_auth is None and server.takes_basic)
        name = reveal(self.client_id, is_secret=False)
        return Client(self, session, server, name, secret, sends_header, self.scope, self.params)

    @property
    def _needs_person(self) -> bool:
        return self.grant == "device_code" or (self.grant == "authorization_code" and self.walk is None)

    # Tokens

    def authorization(self, tokens: Mapping[str, Any]) -> AuthBase | None:
        """Return what puts the token on requests."""
        return Carrying().granted(tokens["access"]) if "access" in tokens else None

    def is_due(self, tokens: Mapping[str, Any]) -> bool:
        """Whether the token ends soon, and can be renewed."""
        can_be = "refresh" in tokens or self.grant == "client_credentials"
        return can_be and bool(self.clock() >= tokens.get("renew_at", math.inf))

    def renew(self, session: Session, tokens: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Ask for a new token, once; ``None`` where the provider refuses it.

        Raises `LoginUnavailable` where it cannot be asked now: the refresh token is as good as before.
        """
        refresh = tokens.get("refresh")
        if refresh is None and self.grant != "client_credentials":
            return None
        client = self._client(session, "token_url")
        if refresh is None:
            grant = library().BackendApplicationClient(client.id)
            answer = client.ask(grant, scope=self.scope)
        else:
            answer = client.renew(refresh)
        try:
            new = client.tokens(answer, self.clock(), refresh or "")
        except LoginUnavailable:
            raise
        except LoginError as error:
            log.info("The token was not renewed: %s", error)
            return None
        self._say(new)
        return {**({"refresh": refresh} if refresh else {}), **new, "granted_to": self._whose}

    def is_current(self, session: Session, tokens: Mapping[str, Any]) -> bool:
        """Whether a kept token was granted to this client, for what is asked for now."""
        return bool(tokens.get("granted_to") == self._whose)

    @property
    def _whose(self) -> list[Any]:
        """What tells tokens from those that another declaration would get; nothing of it is secret."""
        name = reveal(self.client_id, is_secret=False)
        return [self.provider, self.grant, name, self.scope, sorted(map(list, self.params.items()))]

    def _say(self, tokens: Mapping[str, Any]) -> None:
        ends = f"; it lasts {tokens['expires_at'] - self.clock():.0f} s" if "expires_at" in tokens else ""
        log.info("Took a token%s%s.", " and one to renew it" if "refresh" in tokens else "", ends)
