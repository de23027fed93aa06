"""`FormLogin`: open the login page, fill its form, submit it once, and go on to the members' pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from scraper.errors import ConfigError
from scraper.login.base import Login, Marks
from scraper.login.filling import Fill
from scraper.login.walk import Walk
from scraper.response import Response
from scraper.selector import compile_css
from scraper.values import is_one_time, reveal

if TYPE_CHECKING:
    from scraper.session import Session


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
                f"{type(self).__name__}({url!r}, ...) wants fill(username=..., password=...) as its second."
            )
        for selector in (form, button):
            if selector is not None:
                compile_css(selector)
        self.fill, self.form, self.button = fill, form, button

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r}, {self.fill!r})"

    @property
    def account(self) -> str | None:
        """What goes in as the user name: the ``username``, or what is named like it; ``None`` without."""
        source = self.fill.get(self.fill.account_field, True)
        return None if isinstance(source, bool) else reveal(source, is_secret=False)

    @property
    def has_account(self) -> bool:
        """Whether anything but one secret, and one-time codes, is filled in."""
        return len([name for name, source in self.fill.items() if not is_one_time(source)]) > 1

    def sign_in(self, session: Session) -> Response:
        """Open the page, and fill and submit its form; go on so while there is progress."""
        return Walk(self, session).run()
