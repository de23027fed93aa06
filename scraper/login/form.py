"""`FormLogin`: open the login page, fill its form, submit it once, and go on to the members' pages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Unpack

from scraper.errors import ConfigError
from scraper.forms import USERNAME
from scraper.login.base import Login, Marks
from scraper.login.walk import Walk
from scraper.response import Response
from scraper.selector import compile_css
from scraper.values import Source, is_one_time, reveal, show

if TYPE_CHECKING:
    from scraper.session import Session

_ACCOUNT = re.compile(
    r"user|mail|login|account|member|customer|identi|benutzer|kennung|kunde|utilisateur|compte|usuario|correo|"
    r"cuenta|usu[áa]rio|utente|gebruiker|anv[äa]ndar|brukernavn|bruger|k[äa]ytt[äa]j|u[żz]ytkownik|"
    r"пользовател|логин|почт|kullan[ıi]c|用户|账号|ユーザ|아이디|^log$|^id$",
    re.IGNORECASE,
)
_NAME = re.compile(r"^(nick_?|screen_?|your_?)?name$", re.IGNORECASE)
_SECRET = re.compile(
    r"pass|pw|pin\b|secret|code|otp|token|key|kennwort|contrase|senha|haslo|парол", re.IGNORECASE
)


class Fill(Mapping[str, Source | bool]):
    """What goes into a form, by field; made by `fill`. Its values do not show in its ``repr``."""

    def __init__(self, values: Mapping[str, Source | bool]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> Source | bool:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def shown(self, name: str) -> str:
        """Say where the value of a field comes from, without the value."""
        value = self[name]
        return str(value) if isinstance(value, bool) else show(value)

    def __repr__(self) -> str:
        return f"fill({', '.join(f'{name}={self.shown(name)}' for name in self)})"


def fill(**values: Source | bool) -> Fill:
    """Say what goes into which field of a form.

    A name is the form's own, or one of the meanings ``username``, ``password`` and ``code`` (a one-time one).
    A value is a text, a source such as ``env("SHOP_USER")``, any callable without arguments, or ``True`` to
    tick a box.
    """
    return Fill(values)


class FormLogin(Login):
    """Sign in by HTML forms: ``FormLogin("/login", fill(username="ada", password=env("PW")))``.

    The page at `url` may be any that leads to the form. Hidden fields and CSRF tokens go along as in a
    browser. What a form does not ask for, such as a code behind the password, is given when a later page asks
    for it; pages in between, redirects and self-posting forms are walked through, to `origins` too. `form`
    and `button` are CSS selectors for pages on which the right form, or the button to press, has to be named.
    Other arguments are those of `Login`.
    """

    def __init__(
        self,
        url: str,
        fill: Fill,
        *,
        form: str | None = None,
        button: str | None = None,
        **marks: Unpack[Marks],
    ) -> None:
        super().__init__(url, **marks)
        if not isinstance(fill, Fill):
            raise ConfigError(
                f"FormLogin({url!r}, ...) wants fill(username=..., password=...) as its second."
            )
        for selector in (form, button):
            if selector is not None:
                compile_css(selector)
        self.fill, self.form, self.button = fill, form, button

    def __repr__(self) -> str:
        return f"FormLogin({self.url!r}, {self.fill!r})"

    @property
    def account(self) -> str | None:
        """What goes in as the user name: the ``username``, or the first field filled."""
        source = self.fill.get(self.account_field, True)
        return None if isinstance(source, bool) else reveal(source, is_secret=False)

    @property
    def account_field(self) -> str:
        """The name in `fill` of what is the account's, and no secret; empty where none looks like it."""
        names = [name for name in self.fill if not _SECRET.search(name)]
        likely = [name for kind in (_ACCOUNT, _NAME) for name in names if kind.search(name)]
        return USERNAME if USERNAME in self.fill else next(iter(likely), "")

    @property
    def has_account(self) -> bool:
        """Whether anything but one secret, and one-time codes, is filled in."""
        return len([name for name, source in self.fill.items() if not is_one_time(source)]) > 1

    def sign_in(self, session: Session) -> Response:
        """Open the page, and fill and submit its form; go on so while there is progress."""
        return Walk(self, session).run()
