"""`FormLogin`: open the login page, fill its form, submit it once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from scraper.errors import ConfigError, LoginError, LoginFormNotFound, LoginRejected, LoginUnavailable
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

USERNAME, PASSWORD = "username", "password"
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

    A name is the form's own, or one of the meanings ``username`` and ``password``. A value is a text, a
    source such as ``env("SHOP_USER")``, any callable without arguments, or ``True`` to tick a box.
    """
    return Fill(values)


class FormLogin(Login):
    """Sign in by an HTML form: ``FormLogin("/login", fill(username="ada", password=env("PW")))``.

    Hidden fields and CSRF tokens of the form go along as in a browser. `form` and `button` are CSS selectors
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
        source = self.fill.get(self._account_field, True)
        return None if isinstance(source, bool) else reveal(source, is_secret=False)

    @property
    def _account_field(self) -> str:
        return next((name for name in self.fill if _ACCOUNT.search(name) and not _SECRET.search(name)), "")

    def sign_in(self, session: Session) -> Response:
        """Open the page, fill the form, submit it once, and see what came back."""
        home = session.absolute(self.url)
        page = session.exchange(Request(home))
        if session.judge(page) == "signed_in":
            return page
        form = self._choose(page)
        secrets = self._fill(form)
        landing = session.exchange(self._submission(form, page, home), retry=False)
        if session.judge(landing) != "signed_in":
            self._check(landing, form, secrets)
        return landing

    def _choose(self, page: Response) -> Form:
        if page.status >= 400 and not page.has_password_field:
            raise LoginUnavailable(f"The login page {page.url} answered {page.status}.", response=page)
        if self.form is not None:
            return _found(page.form, self.form)
        forms = [form for form in page.forms() if any(map(is_password, form.typed_into()))]
        if not forms:
            raise LoginFormNotFound(
                f"{page.url} has no form with a password field; it has {page.forms() or 'no form at all'}.",
                response=page,
            )
        return min(forms, key=lambda form: sum(map(is_password, form.typed_into())))

    def _fill(self, form: Form) -> list[str]:
        """Fill the form in; return what no message may show: all values but the user name."""
        secrets = []
        for name, source in self.fill.items():
            is_secret = name != self._account_field
            value = source if isinstance(source, bool) else reveal(source, is_secret=is_secret)
            form[self._field(form, name)] = value
            if isinstance(value, str) and is_secret:
                secrets.append(value)
        return secrets

    def _field(self, form: Form, name: str) -> str:
        """Return the form's own name for `name`, which may be a meaning."""
        field = name if name in form else _by_meaning(form, name)
        if field is None:
            listed = ", ".join(form.names) or "none with a name"
            raise LoginFormNotFound(f"The form at {form.url} has no field {name!r}; it has {listed}.")
        return field

    def _submission(self, form: Form, page: Response, home: str) -> Request:
        button = _found(form.button, self.button) if self.button else sign_in_button(form)
        if danger := _danger(form, button, home):
            raise LoginError(f"Nothing was sent: the form at {form.url} would {danger}.", response=page)
        return form.submit(button)

    def _check(self, landing: Response, form: Form, secrets: list[str]) -> None:
        """Raise what the answer to the submit means, where that is plain."""
        if landing.status == 429 or landing.status >= 500:
            raise LoginUnavailable(
                f"{landing.url} answered {landing.status} to the sign-in{quote(landing, secrets)}.",
                response=landing,
            )
        if any(_is_same(form, other) for other in landing.forms()):
            raise LoginRejected(
                f"{landing.url} did not accept the credentials: it answered {landing.status} with the login "
                f"form again{quote(landing, secrets)}.",
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
    if name == USERNAME:
        before = fields[: fields.index(passwords[0])] if passwords else fields
        others = [field for field in before if not is_password(field)]
        named = [field for field in others if (field.get("autocomplete") or "") in ("username", "email")]
        return (named or others)[-1].get("name") if others else None
    return None


def _is_same(sent: Form, came_back: Form) -> bool:
    """Whether the form that came back asks for the same password again."""
    asked: Any = [field.get("name") for field in sent.typed_into() if is_password(field)]
    return bool(asked) and any(
        is_password(field) and field.get("name") in asked for field in came_back.typed_into()
    )
