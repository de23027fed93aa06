"""`Provider`: where an authorization server is asked for what, as declared or as it says itself."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scraper.errors import ConfigError, FetchError, LoginError, LoginUnavailable
from scraper.redact import redact_url as shown
from scraper.request import Request, is_trustworthy, origin
from scraper.response import Response

if TYPE_CHECKING:
    from scraper.session import Session

log = logging.getLogger("scraper.login")

_ENDPOINTS = {
    "token_url": "token_endpoint",
    "authorization_url": "authorization_endpoint",
    "device_url": "device_authorization_endpoint",
}


@dataclass(frozen=True)
class Provider:
    """The addresses of an authorization server, and what it says of itself (RFC 8414).

    `takes_basic`: whether clients may authenticate by HTTP Basic; `names_itself`: whether it adds who it is
    to what it sends back by the browser (RFC 9207). Raises `ConfigError` for an address that is not https.
    """

    issuer: str = ""
    token_url: str = ""
    authorization_url: str = ""
    device_url: str = ""
    takes_basic: bool = True
    names_itself: bool = False

    def __post_init__(self) -> None:
        for name in ("issuer", *_ENDPOINTS):
            if (url := getattr(self, name)) and not is_trustworthy(url):
                raise ConfigError(
                    f"OAuth2Login takes https addresses, such as 'https://sso.example', not {name}={url!r}."
                )

    def discovered(self, session: Session, wanted: str) -> Provider:
        """Return it with the address that is `wanted`; one that is not declared is asked for.

        Raises `LoginUnavailable` where the provider does not answer, and `LoginError` where its answer is of
        another, or lacks that address.
        """
        if self.token_url and getattr(self, wanted):
            return self
        said = _metadata(session, self.issuer)
        found = {name: getattr(self, name) or _address(said, key) for name, key in _ENDPOINTS.items()}
        methods = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        names_itself = said.get("authorization_response_iss_parameter_supported") is True
        provider = Provider(said["issuer"], **found, takes_basic="client_secret_basic" in methods,
                            names_itself=names_itself)  # fmt: skip
        for name in ("token_url", wanted):
            if not getattr(provider, name):
                raise LoginError(
                    f"{self.issuer} names no {_ENDPOINTS[name]}; if it has one, give it: {name}='https://...'."
                )
        return provider


def _address(said: dict[str, Any], key: str) -> str:
    """Return an address out of the metadata, to which credentials may go."""
    url = said.get(key) or ""
    if url and not (isinstance(url, str) and is_trustworthy(url)):
        raise LoginError(f"{said['issuer']} names a {key} that is not https; nothing was sent.")
    return str(url)


def _metadata(session: Session, issuer: str) -> dict[str, Any]:
    """Return what a provider says of itself, by OpenID Connect Discovery or else by RFC 8414."""
    base, path = origin(issuer), urlsplit(issuer).path.rstrip("/")
    for url in (
        f"{issuer.rstrip('/')}/.well-known/openid-configuration",
        f"{base}/.well-known/oauth-authorization-server{path}",
    ):
        if (said := _asked(session, url)) is not None:
            break
    else:
        raise LoginError(
            f"{issuer} has no /.well-known/openid-configuration and no oauth-authorization-server. Is that "
            "the issuer? Its addresses can be given too: token_url=, authorization_url=, device_url=."
        )
    if not isinstance(said.get("issuer"), str) or said["issuer"].rstrip("/") != issuer.rstrip("/"):
        raise LoginError(
            f"{shown(url)} is of another issuer, {str(said.get('issuer'))!r}; nothing was sent. Give the one "
            "that is meant, as it names itself."
        )
    return said


def _asked(session: Session, url: str) -> dict[str, Any] | None:
    """Return the JSON object at an address; ``None`` where there is none."""
    try:
        answer = session.exchange(Request(url, headers={"Accept": "application/json"}))
    except FetchError as error:
        raise LoginUnavailable(f"The provider could not be asked: {error}") from error
    log.info("GET %s answered %d.", shown(url), answer.status)
    if answer.status >= 500 or answer.status == 429:
        raise LoginUnavailable(f"{shown(url)} answered {answer.status}; try again later.", response=answer)
    if not (answer.ok and is_trustworthy(answer.url)):
        return None
    return object_of(answer)


def object_of(answer: Response) -> dict[str, Any] | None:
    """Return the JSON object that an answer is; ``None`` where it is none."""
    try:
        said = answer.json()
    except FetchError:
        return None
    return said if isinstance(said, dict) else None
