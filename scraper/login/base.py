"""`Login`: what every way to sign in declares and does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from requests.auth import AuthBase

from scraper.errors import ConfigError, LoginError, LoginUnverified
from scraper.indicators import Indicator, check
from scraper.request import is_trustworthy, origin
from scraper.response import Response

if TYPE_CHECKING:
    from scraper.session import Session


class Marks(TypedDict, total=False):
    """What a login takes by name; see `Login`."""

    logged_in: Indicator | None
    logged_out: Indicator | None
    rejected: Indicator | None
    locked: Indicator | None
    verify_url: str | None
    verify: bool
    origins: str | Iterable[str]


class Login(ABC):
    """How one account signs in to one site, declared; it keeps no state, so one may serve many sessions.

    Subclass it to sign in by steps of your own: see `sign_in`. `url` is the page where the sign-in begins,
    absolute or relative to the session's ``base_url``; empty where there is none. By name:

    - `logged_in`, what only members see, and `logged_out`, what only strangers see. An indicator is a CSS
      selector, ``text("...")``, ``url("...")``, ``status(200)``, ``json_path("...")``, or a callable that
      takes a `Response`. Without `logged_in`, pages are compared as a stranger and as a member sees them;
    - `rejected` and `locked`, by which an answer to the credentials is known to refuse them, or to say that
      the account is locked, where the answer is not plain;
    - `verify_url`, the page on which a sign-in is proven (default: the session's first page);
      ``verify=False`` does without that proof, at your own risk;
    - `origins`, those of identity providers that may see the credentials too: ``"https://sso.example"``.
    """

    has_page: bool = True
    """Whether `url` is a page that strangers are sent to, and not an address for programs."""

    is_kept: bool = True
    """Whether a session lasts beyond the program; what only goes with each request leaves nothing to keep."""

    own_site_only: bool = False
    """Whether the proof goes to the origin of `url` alone, and not to that of ``base_url`` too."""

    provider: str = ""
    """The address of who judges the credentials, where that is not the site: outcomes count there."""

    in_clear: bool = False
    """Whether the proof may go over plain http, where others on the way can read along."""

    def __init__(self, url: str = "", **marks: Unpack[Marks]) -> None:
        if unknown := [name for name in marks if name not in Marks.__annotations__]:
            raise TypeError(f"{type(self).__name__}() got an unexpected keyword argument {unknown[0]!r}")
        self.url = url
        self.logged_in, self.logged_out = marks.get("logged_in"), marks.get("logged_out")
        self.rejected, self.locked = marks.get("rejected"), marks.get("locked")
        for indicator in (self.logged_in, self.logged_out, self.rejected, self.locked):
            check(indicator)
        self.verify_url, self.verify = marks.get("verify_url"), marks.get("verify", True)
        self.origins = _origins(marks.get("origins", ()))

    @abstractmethod
    def sign_in(self, session: Session) -> Response:
        """Do the steps over `session`, each once, and return the page on which they end.

            def sign_in(self, session):
                page = session.open("/login")
                page = session.submit(page.form("#name"), fill(username=env("BANK_USER")))
                return session.submit(page.form("#pin"), fill(pin=env("BANK_PIN")))

        Raises a `LoginError` where the site does not let the account in. Whether it did is then proven by
        the session.
        """

    def as_stranger(self) -> AuthBase | None:
        """Return what goes with requests while nobody is signed in, as far as that differs from any other."""
        return None

    def authorization(self, tokens: Mapping[str, Any]) -> AuthBase | None:
        """Return what puts the account's proof on a request, where cookies alone are none.

        The session asks once `sign_in` has granted it `tokens` (``session.grant({...})``, plain JSON), or has
        found them kept, and lets it go with every request to the origins of the login and of ``base_url``,
        and with no other. It can be pickled, so that workers in other processes send it too.
        """
        return None

    def is_due(self, tokens: Mapping[str, Any]) -> bool:
        """Whether `tokens` are to be renewed by now, as they end soon; asked before each request."""
        return False

    def renew(self, session: Session, tokens: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return tokens in the place of those that have ended, or will soon; ``None``: only a sign-in helps.

        The session asks before it signs in again, and when the tokens are due, once for any number of threads
        and processes. What is sent to get them goes without `authorization`; and a ``refresh`` token is taken
        out of what is kept before it is used, as it may be good only once. `LoginUnavailable` is raised where
        it was not used: it is kept again, for a later try.
        """
        return None

    def is_current(self, session: Session, tokens: Mapping[str, Any]) -> bool:
        """Whether a kept session, which was granted `tokens`, is of what the login would sign in with now."""
        return True

    def unproven(self, error: LoginUnverified) -> LoginError:
        """Return what it means that the steps were done, and nothing proves that anyone is signed in."""
        return error

    @property
    def account(self) -> str | None:
        """The name of the account, which goes with each page and item it saw; it is no secret."""
        return None

    @property
    def has_account(self) -> bool:
        """Whether it signs in one account of several, rather than with a password for all."""
        return True

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"


def _origins(given: str | Iterable[str]) -> frozenset[str]:
    """Read the origins that may see the credentials, which do not go there in clear."""
    urls = [given] if isinstance(given, str) else list(given)
    for url in urls:
        if not is_trustworthy(url):
            raise ConfigError(f"origins takes https addresses such as 'https://sso.example', not {url!r}.")
    return frozenset(map(origin, urls))
