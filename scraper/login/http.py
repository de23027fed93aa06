"""`BasicLogin`, `DigestLogin`, `NtlmLogin`: the ways to sign in that HTTP has itself (status 401)."""

from __future__ import annotations

import logging
import re
from abc import abstractmethod
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Unpack
from unicodedata import normalize

from requests.models import PreparedRequest

from scraper.auth import Authorization
from scraper.errors import ConfigError, LoginError, LoginUnavailable
from scraper.login.base import Marks
from scraper.login.challenges import Challenge, challenges
from scraper.login.complaints import shown_url
from scraper.login.digest import Account, Digest, answerable, objection
from scraper.login.direct import Credential, DirectLogin, identity
from scraper.login.meaning import RATE, error_of
from scraper.login.ntlm import Ntlm, offer
from scraper.redact import redact
from scraper.request import Request
from scraper.response import Response
from scraper.values import Source, reveal, show

if TYPE_CHECKING:
    from scraper.session import Session

log = logging.getLogger("scraper.login")

LONGEST_REALM = 60
"""Characters of what a site calls itself that a message shows."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LOGINS = {"basic": "BasicLogin", "digest": "DigestLogin", "ntlm": "NtlmLogin", "bearer": "TokenLogin"}


class HttpLogin(DirectLogin):
    """Answers the challenges of a site with a user name and a password."""

    scheme: ClassVar[str]

    def __init__(
        self, username: Source, password: Source, *, site: str = "/", **marks: Unpack[Marks]
    ) -> None:
        super().__init__(site, **marks)
        self.username, self.password = username, password

    def __repr__(self) -> str:
        return f"{type(self).__name__}({_shown(self.username)}, {show(self.password)})"

    @property
    def account(self) -> str | None:
        """The user name."""
        return reveal(self.username, is_secret=False)

    def look(self, session: Session, url: str) -> Response:
        """Ask as a stranger: a credential is not sent to a site that asks for another kind of it."""
        page = session.exchange(Request(url))
        offered = _offered(page)
        kinds = ", ".join(dict.fromkeys(f"{one.scheme.title()} ({one.realm})" for one in offered))
        log.info("%s answered %d; it asks for: %s.", shown_url(url), page.status, kinds or "nothing")
        if page.status == 429:
            raise error_of(RATE, page, "", ())
        if page.status >= 500:
            raise LoginUnavailable(
                f"{shown_url(url)} answered {page.status}; try again later.", response=page
            )
        if why := self.misfit(page, offered):
            raise LoginError(f"Nothing was sent: {shown_url(url)} {why}", response=page)
        return page

    def misfit(self, page: Response, offered: tuple[Challenge, ...]) -> str:
        """Say why the site does not fit this kind of login; nothing where it does."""
        if page.status != 401 or not offered or any(one.scheme == self.scheme for one in offered):
            return ""
        names = [f"{_LOGINS[one.scheme]}(...)" for one in offered if one.scheme in _LOGINS]
        schemes = ", ".join(dict.fromkeys(one.scheme.title() for one in offered))
        instead = f" Use {names[0]} instead." if names else ""
        return f"asks for {schemes}, not for {self.scheme.title()}.{instead}"

    def credential(self, stranger: Response | None) -> Credential:
        """Look up user name and password."""
        username = _clean(reveal(self.username, is_secret=False), "user name", self.username)
        password = _clean(reveal(self.password), "password", self.password)
        offered = _offered(stranger) if stranger is not None else ()
        realm = next((redact(one.realm) for one in offered if one.realm), "")
        return Credential(
            f"{username} for “{realm[:LONGEST_REALM]}”" if realm else username,
            identity(username=username, password=password),
            self.authorize(username, password),
            (password,),
        )

    @abstractmethod
    def authorize(self, username: str, password: str) -> Authorization:
        """Return what goes with each request, or makes the connections."""


class BasicLogin(HttpLogin):
    """Sign in by HTTP Basic (RFC 7617): ``BasicLogin(env("USER"), env("PASSWORD"))``.

    `site` is an address of the origin that they go to (default: that of the session's ``base_url``). They go
    as UTF-8, unless `encoding` says otherwise (old servers want ``"latin-1"``). Other arguments are those of
    `Login`.
    """

    scheme = "basic"

    def __init__(
        self,
        username: Source,
        password: Source,
        *,
        site: str = "/",
        encoding: str = "utf-8",
        **marks: Unpack[Marks],
    ) -> None:
        super().__init__(username, password, site=site, **marks)
        self.encoding = encoding

    def authorize(self, username: str, password: str) -> Authorization:
        """Return the header; raises `ConfigError` for what Basic has no way to say."""
        if ":" in username:
            raise ConfigError(
                f"The user name {username!r} has a colon, which Basic cannot send (RFC 7617); the server "
                "would take what follows for the password."
            )
        try:
            pair = f"{username}:{password}".encode(self.encoding)
        except (UnicodeError, LookupError):
            raise ConfigError(
                f"The user name or the password cannot be written in {self.encoding}; leave encoding= out."
            ) from None
        return Basic(f"Basic {b64encode(pair).decode()}")


@dataclass(frozen=True)
class Basic(Authorization):
    """User name and password, as they go with each request."""

    header: str = field(repr=False)

    @property
    def secrets(self) -> Iterable[str]:
        """The header."""
        return (self.header,)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the header."""
        request.headers["Authorization"] = self.header
        return request


class HandshakeLogin(HttpLogin):
    """Proves the password without sending it, so that it may go over plain http too, if it is told to."""

    def __init__(
        self,
        username: Source,
        password: Source,
        *,
        site: str = "/",
        in_clear: bool = False,
        **marks: Unpack[Marks],
    ) -> None:
        self.in_clear = in_clear
        super().__init__(username, password, site=site, **marks)


class DigestLogin(HandshakeLogin):
    """Sign in by HTTP Digest (RFC 7616): ``DigestLogin(env("USER"), env("PASSWORD"))``.

    With MD5, SHA-256 or SHA-512-256, as the server asks; the password itself is never sent. `site` is an
    address of the origin that it is for (default: that of the session's ``base_url``). ``in_clear=True`` lets
    it go over plain http too, where others on the way see the pages and can try passwords against what is
    sent. Other arguments are those of `Login`.
    """

    scheme = "digest"

    def misfit(self, page: Response, offered: tuple[Challenge, ...]) -> str:
        """Say why there is no challenge that can be answered."""
        if why := super().misfit(page, offered) or _unasked(page, offered):
            return why
        if answerable(offered):
            return ""
        reasons = [objection(one) for one in offered if one.scheme == "digest"]
        return f"has a Digest challenge that cannot be answered: it {reasons[0]}."

    def authorize(self, username: str, password: str) -> Authorization:
        """Return what signs each request."""
        return Digest(Account.of(username, password))


class NtlmLogin(HandshakeLogin):
    r"""Sign in by NTLM: ``NtlmLogin("DOMAIN\\user", env("PASSWORD"))``; needs the extra ``ntlm``.

    Each connection signs in by a handshake of its own; a thread keeps to its connection. `site` and
    `in_clear` are as for `DigestLogin`, other arguments those of `Login`.
    """

    scheme = "ntlm"

    def misfit(self, page: Response, offered: tuple[Challenge, ...]) -> str:
        """Say why there is nothing to answer by NTLM."""
        if page.status == 401 and offer(offered):
            return ""
        return super().misfit(page, offered) or _unasked(page, offered)

    def authorize(self, username: str, password: str) -> Authorization:
        """Return what makes connections that sign in."""
        return Ntlm(username, password)


def _offered(page: Response) -> tuple[Challenge, ...]:
    return challenges(page.headers.get("WWW-Authenticate", "")) if page.status == 401 else ()


def _unasked(page: Response, offered: tuple[Challenge, ...]) -> str:
    """Say that a page asks nobody to sign in, where it does not: then there is nothing to answer."""
    if offered:
        return ""
    return (
        f"answered {page.status} to a stranger and asked for nothing; name a page that does: "
        "verify_url='/account'."
    )


def _clean(text: str, what: str, source: Source) -> str:
    """Return a text in the form that is compared (RFC 8265: NFC), without what no credential has."""
    if _CONTROL.search(text):
        shown = show(source) if what == "password" else _shown(source)
        raise ConfigError(
            f"The {what}, {shown}, has a line break or another control character in it; take that out."
        )
    return normalize("NFC", text)


def _shown(source: Source) -> str:
    """Show where a user name comes from; one that is written down may be seen."""
    return show(source) if callable(source) else repr(source)
