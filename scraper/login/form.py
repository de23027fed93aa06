"""`FormLogin`: open the login page, fill its form, submit it once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar

from scraper.errors import (
    ConfigError,
    InteractionRequired,
    LoginError,
    LoginFormNotFound,
    LoginRejected,
    LoginUnavailable,
)
from scraper.forms import Form, is_password, label_of
from scraper.login.base import Login
from scraper.request import Request, is_trustworthy, origin
from scraper.response import Response
from scraper.selector import Element, compile_css, compile_xpath, squeeze, text_of
from scraper.values import Source, reveal, show
from scraper.verdict import Indicator

if TYPE_CHECKING:
    from scraper.session import Session

T = TypeVar("T")

USERNAME, PASSWORD, CODE = "username", "password", "code"
WORDS_LIMIT = 200

_SIGN_IN = re.compile(
    r"log ?[io]n|sign ?in|anmelden|einloggen|connexion|connecter|iniciar|ingresar|acceder|entrar|accedi|"
    r"inloggen|logga in|log ind|logg inn|zaloguj|войти|увійти|giriş|登录|登入|ログイン|로그인",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"regist|sign ?up|create|join|forgot|reset|cancel|guest|with (google|apple|facebook|github|microsoft)",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(r"user|mail|log|name|account|member|^id$", re.IGNORECASE)
_CODE = re.compile(r"code|otp|2fa|mfa|token", re.IGNORECASE)
_SECRET = re.compile(r"pass|pw|pin|secret|code|otp|token|key", re.IGNORECASE)
_complaints = compile_xpath(
    "//*[@role='alert' or contains(@class, 'error') or contains(@class, 'alert') "
    "or contains(@class, 'invalid') or contains(@class, 'flash') or contains(@class, 'message')]"
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

    def __repr__(self) -> str:
        shown = (f"{name}={v if isinstance(v, bool) else show(v)}" for name, v in self.items())
        return f"fill({', '.join(shown)})"


def fill(**values: Source | bool) -> Fill:
    """Say what goes into which field of a form.

    A name is the form's own, or one of the meanings ``username``, ``password`` and ``code`` (a one-time one).
    A value is a text, a source such as ``env("SHOP_USER")``, any callable without arguments, or ``True`` to
    tick a box.
    """
    return Fill(values)


class FormLogin(Login):
    """Sign in by an HTML form: ``FormLogin("/login", fill(username="ada", password=env("PW")))``.

    Hidden fields and CSRF tokens of the form go along as in a browser. What a form does not ask for, such as
    a code behind the password, is given when a later page asks for it. `form` and `button` are CSS selectors
    for pages on which the right form, or the button to press, has to be named. Other arguments are those of
    `Login`.
    """

    def __init__(
        self,
        url: str,
        fill: Fill,
        *,
        form: str | None = None,
        button: str | None = None,
        logged_in: Indicator | None = None,
        logged_out: Indicator | None = None,
        verify_url: str | None = None,
        verify: bool = True,
    ) -> None:
        super().__init__(
            url, logged_in=logged_in, logged_out=logged_out, verify_url=verify_url, verify=verify
        )
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
        return next((name for name in self.fill if _ACCOUNT.search(name) and not _SECRET.search(name)), "")

    def sign_in(self, session: Session) -> Response:
        """Open the page, and fill and submit its form; go on so while the site asks for more of `fill`."""
        return Walk(self, session).run()


class Walk:
    """One sign-in on its way: which values are still to be given, and what no message may show."""

    def __init__(self, login: FormLogin, session: Session) -> None:
        self.login, self.session = login, session
        self.home = session.absolute(login.url)
        self.left = list(login.fill)
        self.secrets: list[str] = []

    def run(self) -> Response:
        """Go from page to page until one is a member's, or asks for nothing that is left to give."""
        page = self.session.exchange(Request(self.home))
        form = None
        while self.session.judge(page) != "signed_in":
            form = self._next_form(page) if form else self._first_form(page)
            if form is None:
                break
            page = self._submit(form, page)
        return page

    def _first_form(self, page: Response) -> Form:
        if page.status >= 400 and not page.has_password_field:
            raise LoginUnavailable(f"The login page {page.url} answered {page.status}.", response=page)
        if self.login.form is not None:
            return _found(page.form, self.login.form)
        forms = [form for form in page.forms() if _passwords(form)]
        forms = forms or [form for form in page.forms() if self._takes(form) and _signs_in(form)]
        if not forms:
            raise LoginFormNotFound(
                f"{page.url} has no form with a password field; it has {page.forms() or 'no form at all'}.",
                response=page,
            )
        return min(forms, key=lambda form: len(_passwords(form)))

    def _next_form(self, page: Response) -> Form | None:
        """Return the form that asks for something that is left to give, if there is one."""
        for form in page.forms():
            if self._takes(form):
                return form
        if any(_by_meaning(form, CODE) for form in page.forms()):
            raise InteractionRequired(
                f"{page.url} asks for a one-time code; give it a source, fill(..., code=...).", response=page
            )
        return None

    def _takes(self, form: Form) -> list[str]:
        return [name for name in self.left if _field(form, name)]

    def _submit(self, form: Form, page: Response) -> Response:
        """Fill in what the form takes, submit it once, and see what came back."""
        filled = self._fill(form)
        button = _found(form.button, self.login.button) if self.login.button else sign_in_button(form)
        if danger := _danger(form, button, self.home):
            raise LoginError(f"Nothing was sent: the form at {form.url} would {danger}.", response=page)
        landing = self.session.exchange(form.submit(button), retry=False)
        if self.session.judge(landing) != "signed_in":
            self._check(landing, filled)
        return landing

    def _fill(self, form: Form) -> set[str]:
        """Fill the form in; return the names of the fields that were typed into."""
        names = self._takes(form)
        self._miss(form, [name for name in self.left if name not in names])
        self.left = [name for name in self.left if name not in names]
        filled = set()
        for name in names:
            source, field = self.login.fill[name], _field(form, name)
            is_secret = name != self.login.account_field
            value = source if isinstance(source, bool) else reveal(source, is_secret=is_secret)
            form[field] = value
            if isinstance(value, str):
                filled.add(field)
                self.secrets += [value] if is_secret else []
        return filled

    def _miss(self, form: Form, missing: list[str]) -> None:
        """Complain about a field that the form lacks and no later page will ask for."""
        later = _CODE if _passwords(form) else _SECRET
        for name in missing:
            if not later.search(name):
                listed = ", ".join(form.names) or "none with a name"
                raise LoginFormNotFound(f"The form at {form.url} has no field {name!r}; it has {listed}.")

    def _check(self, landing: Response, filled: set[str]) -> None:
        """Raise what the answer to a submit means, where that is plain."""
        words = quote(landing, self.secrets)
        if landing.status == 429 or landing.status >= 500:
            raise LoginUnavailable(
                f"{landing.url} answered {landing.status} to the sign-in{words}.", response=landing
            )
        if any(filled and filled <= _typed(form) for form in landing.forms()):
            raise LoginRejected(
                f"{landing.url} did not accept the credentials: it answered {landing.status} with the login "
                f"form again{words}.",
                response=landing,
            )


def _found(choose: Callable[[str], T], selector: str) -> T:
    """Choose what the user named; that it is not on the page is an outcome of the login."""
    try:
        return choose(selector)
    except (ConfigError, KeyError) as error:
        raise LoginFormNotFound(str(error.args[0])) from error


def quote(page: Response, secrets: list[str]) -> str:
    """Quote the site's own words, as the end of a sentence, without any of `secrets`."""
    words = complaint(page)
    for secret in filter(None, [*secrets, *map(squeeze, secrets)]):
        words = words.replace(secret, "***")
    return f" and says “{words[:WORDS_LIMIT]}”" if words else ""


def complaint(page: Response) -> str:
    """Return what a page says in its alert, or nothing."""
    texts = [text_of(element) for element in _complaints(page.tree)] if page.is_html else []
    return next(filter(None, texts), "")


def sign_in_button(form: Form) -> Element | None:
    """Return the button that signs in: by its words where there are several, else the first."""
    return max(form.buttons(), key=_likeness, default=None)


def _likeness(button: Element) -> int:
    words = " ".join([label_of(button), *(button.get(name) or "" for name in ("name", "value", "id"))])
    return bool(_SIGN_IN.search(words)) - bool(_ELSEWHERE.search(words))


def _danger(form: Form, button: Element | None, home: str) -> str:
    """Say what would go wrong if the form were sent with a password in it; nothing where all is well.

    `home` is the address that the login declares: a password goes to no other origin, unless it is the same
    host over https.
    """
    target = form.action(button)
    if form.method(button) != "POST":
        return "put the password into an address (GET)"
    if not is_trustworthy(target):
        return f"send the password in clear to {target}"
    if origin(target) in (origin(home), origin(home).replace("http://", "https://")):
        return ""
    return f"send the password to {origin(target)}, which is not the login's {origin(home)}"


def _by_meaning(form: Form, name: str) -> str | None:
    fields = form.typed_into()
    passwords = [field for field in fields if is_password(field)]
    if name == PASSWORD and passwords:
        return passwords[0].get("name")
    if name == CODE:
        return next((field.get("name") for field in fields if _asks_for_code(field)), None)
    if name == USERNAME:
        before = fields[: fields.index(passwords[0])] if passwords else fields
        others = [field for field in before if not is_password(field)]
        named = [field for field in others if (field.get("autocomplete") or "") in ("username", "email")]
        return (named or others)[-1].get("name") if others else None
    return None


def _asks_for_code(control: Element) -> bool:
    names = (control.get(name) or "" for name in ("name", "id"))
    return control.get("autocomplete") == "one-time-code" or any(map(_CODE.search, names))


def _field(form: Form, name: str) -> str:
    """Return the form's own name for `name`, which may be a meaning; empty where it has none."""
    return name if name in form else _by_meaning(form, name) or ""


def _passwords(form: Form) -> list[Element]:
    return [control for control in form.typed_into() if is_password(control)]


def _typed(form: Form) -> set[str]:
    return {control.get("name") or "" for control in form.typed_into()}


def _signs_in(form: Form) -> bool:
    """Whether a form without a password looks like the first step of a sign-in, by its words."""
    words = [form.element.get(name) or "" for name in ("id", "name", "class", "action")]
    return bool(_SIGN_IN.search(" ".join([*words, *map(label_of, form.buttons())])))
