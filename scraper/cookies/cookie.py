"""`BrowserCookie`: one kept cookie, as users of ``http.cookiejar`` know it, with what a browser knows."""

from __future__ import annotations

import copy
import time
from http.cookiejar import Cookie


class BrowserCookie(Cookie):
    """A kept cookie.

    A `domain` with a leading dot goes to subdomains too; one without is host-only. `expires` is in seconds
    since 1970, ``None`` for the end of the session. The jar counts in `created` and `used` when the cookie
    came first and when it last went out.
    """

    name: str
    value: str
    created: int = 0
    used: int = 0

    def __init__(
        self,
        name: str,
        value: str,
        *,
        domain: str,
        path: str = "/",
        path_specified: bool = True,
        expires: float | None = None,
        secure: bool = False,
        http_only: bool = False,
        same_site: str | None = None,
    ) -> None:
        rest = {"HttpOnly": None} if http_only else {}
        super().__init__(
            version=0,
            name=name,
            value=value,
            port=None,
            port_specified=False,
            domain=domain,
            domain_specified=domain.startswith("."),
            domain_initial_dot=domain.startswith("."),
            path=path,
            path_specified=path_specified,
            secure=secure,
            expires=None,
            discard=expires is None,
            comment=None,
            comment_url=None,
            rest=rest | ({"SameSite": same_site} if same_site else {}),  # type: ignore[arg-type]
        )
        self.expires = expires  # type: ignore[assignment]  # the base class would cut it to whole seconds

    @classmethod
    def of(cls, cookie: Cookie) -> BrowserCookie:
        """Return a copy of any cookie: the leading dot of its domain decides whom it goes to."""
        if isinstance(cookie, cls):
            return copy.copy(cookie)
        rest = {name.lower(): value for name, value in vars(cookie)["_rest"].items()}
        # http.cookiejar takes a cookie without '=' for a name without a value; browsers do the reverse.
        name, value = ("", cookie.name) if cookie.value is None else (cookie.name, cookie.value)
        return cls(
            for_header(name),
            for_header(value),
            # http.cookiejar's name for this machine; there is no such host.
            domain="localhost" if cookie.domain == "localhost.local" else cookie.domain,
            path=cookie.path if cookie.path.startswith("/") else "/",
            expires=cookie.expires,
            secure=bool(cookie.secure),
            http_only="httponly" in rest,
            same_site=_same_site(rest.get("samesite")),
        )

    def is_expired(self, now: float | None = None) -> bool:
        """Whether the cookie is over at `now`, in seconds since 1970."""
        return self.expires is not None and self.expires <= (time.time() if now is None else now)

    def says_the_same(self, other: BrowserCookie) -> bool:
        """Whether a cookie of the same name at the same place has the same value, end and flags."""
        return all(getattr(self, part) == getattr(other, part) for part in _SAID)

    @property
    def host_only(self) -> bool:
        """Whether the cookie goes to its host alone, not to subdomains."""
        return not self.domain.startswith(".")

    @property
    def http_only(self) -> bool:
        """Whether scripts in a page would not see it."""
        return self.has_nonstandard_attr("HttpOnly")

    @property
    def same_site(self) -> str | None:
        """``Strict``, ``Lax``, ``None`` (a string), or nothing where the site did not say."""
        return self.get_nonstandard_attr("SameSite")

    def __repr__(self) -> str:
        return f"<Cookie {self.name} for {self.domain}{self.path}>"

    __str__ = __repr__


_SAID = ("value", "expires", "secure", "http_only", "same_site")


def _same_site(value: str | None) -> str | None:
    known = (value or "").capitalize()
    return known if known in ("Strict", "Lax", "None") else None


def to_octets(text: str) -> str:
    """Return `text` as the octets that a browser sends for it, one a character: UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("latin-1")


def to_text(octets: str) -> str:
    """Return the text of octets, one a character; what is not UTF-8 survives the way back."""
    return octets if octets.isascii() else octets.encode("latin-1").decode("utf-8", "surrogateescape")


def for_header(text: str) -> str:
    """Return `text` fit for a header: as it is where it can be, as requests does, else as UTF-8."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return to_octets(text)
    return text
