"""`Steps`: what is done on the way to a sign-in, each thing once: open pages, fill in forms, submit them."""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus, urlsplit

from scraper.errors import (
    CaptchaRequired,
    ConfigError,
    LoginError,
    LoginFormNotFound,
    LoginUnavailable,
    SecretMissing,
)
from scraper.forms import MOST_FORMS, Form, input_type, label_of
from scraper.forms.trees import root_of
from scraper.login.captcha import captcha_in
from scraper.login.choose import Taken, sign_in_button, takes
from scraper.login.csrf import csrf_headers
from scraper.login.filling import Fill
from scraper.login.outcomes import Submitted, refusal
from scraper.login.tokens import register_page_secrets
from scraper.redact import redact_url as shown
from scraper.redact import register_url
from scraper.request import Request, is_trustworthy, origin
from scraper.response import Response
from scraper.selector import Element
from scraper.values import Totp, is_one_time, reveal

if TYPE_CHECKING:
    from scraper.login.base import Login
    from scraper.session import Session

log = logging.getLogger("scraper.login")

SHORTEST_SECRET = 4
"""Characters of a secret that is looked for in what a page gives back; a shorter one turns up by chance."""


class Steps:
    """One sign-in on its way: what was given so far, and what no message may show.

    What is submitted goes to the origins of the login alone, and what comes back is judged: a refusal is
    raised as the error that it means.
    """

    def __init__(self, login: Login, session: Session) -> None:
        self.login, self.session = login, session
        self.home = session.absolute(login.url)
        self.fill = Fill({})
        self.given: dict[str, str] = {}
        self.secrets: list[str] = []
        self._pages: list[Response] = []
        self._sent: list[Submitted] = []

    def open(self, page: str | Request) -> Response:
        """Open the page of an address or of a request."""
        request = page if isinstance(page, Request) else Request(self.session.absolute(page))
        register_url(request.url)
        opened = self.send(request)
        if opened.status >= 400 and not opened.has_password_field and not opened.forms(MOST_FORMS):
            raise LoginUnavailable(
                f"The login page {shown(opened.url)} answered {opened.status}.", response=opened
            )
        return opened

    def submit(self, form: Form, fill: Fill, button: str | None) -> Response:
        """Fill in a form of a page that was opened, and press its button."""
        page = self._page_of(form)
        fill = Fill({**form.filled, **fill})
        taken = takes(form, fill)
        if missing := [name for name in fill if name not in taken]:
            raise lacks(form, missing[0])
        self.fill = Fill({**self.fill, **fill})
        pressed = named(form, button) if button is not None else sign_in_button(form)
        return self.fill_in(page, form, taken, pressed) if taken else self.press(form, pressed)

    def _page_of(self, form: Form) -> Response:
        for page in reversed(self._pages):
            if page.is_html and page.tree is root_of(form.element):
                return page
        raise ConfigError(
            f"{form} is on no page that this sign-in has opened; take it from one: "
            "session.open('/login').form('#login')."
        )

    def is_in(self, page: Response) -> bool:
        """Whether a page shows a member."""
        return self.session.judge(page) == "signed_in"

    # Sending

    def send(self, request: Request) -> Response:
        """Send one request, and say what came of it."""
        self._keep_secrets_from(request)
        page = exchanged(self.session, request)
        self._pages.append(page)
        return page

    def press(self, form: Form, button: Element | None) -> Response:
        """Submit a form into which nothing is filled, as it may be submitted to any origin."""
        self.refuse_to_pass_on(form)
        if button is not None:
            log.info("Pressed %r on %s.", label_of(button), shown(form.url))
        return self.send(form.submit(button))

    def fill_in(self, page: Response, form: Form, taken: Taken, button: Element | None) -> Response:
        """Fill in what the form takes, submit it once, and see what came back."""
        if (captcha := captcha_in(form)) and not any(field == captcha for field, _ in taken.values()):
            raise CaptchaRequired(
                f"The form at {shown(form.url)} has a captcha ({captcha}), so nothing was sent. A person has "
                "to sign in: BrowserLogin(..., visible=True), or the cookies of a browser.",
                response=page,
            )
        secret = [name for name in taken if self.fill.is_secret(name)]
        self.refuse_danger(page, form, button, has_secret=bool(secret))
        typed = self._type(form, taken)
        only_code = bool(secret) and all(map(self.fill.is_one_time, secret))
        if secret and not only_code:
            self.session.submitting(self._credential())
        self.session.remember_form(form)
        return self.send_form(page, form, button, typed, is_code=only_code)

    def send_form(
        self, page: Response, form: Form, button: Element | None, typed: frozenset[str], *, is_code: bool
    ) -> Response:
        """Submit a form that is filled in; raise what the answer means where it is a refusal."""
        if button is not None:
            log.info("Pressed %r.", label_of(button))
        self._sent.append(Submitted(page, form, typed, code_only=is_code, secrets=self.secrets))
        landing = self.transmit(page, form, button)
        if not self.is_in(landing) and (error := self._refusal(landing)):
            if has_words(error) or not self.session.looks_signed_in():
                raise error
            log.info("%s shows the form again, but the sign-in has worked.", shown(landing.url))
        return landing

    def transmit(self, page: Response, form: Form, button: Element | None) -> Response:
        """Send a form that is filled in."""
        return self.send(self.request(page, form, button))

    def _refusal(self, landing: Response) -> LoginError | None:
        """Return what an answer means; after a later step, the form of an earlier one may come back too."""
        marks = {"rejected": self.login.rejected, "locked": self.login.locked}
        return next(
            (error for sent in reversed(self._sent) if (error := refusal(sent, landing, **marks))), None
        )

    def request(self, page: Response, form: Form, button: Element | None) -> Request:
        """Return the request of a form, with the tokens that the page's scripts would add."""
        request = form.submit(button)
        tokens = csrf_headers(page, request.url, self.session.cookies.cookies_for(request.url))
        if tokens:
            log.info("Carried along in headers: %s.", ", ".join(tokens))
        return Request(request.url, request.method, {**request.headers, **tokens}, request.body)

    # What goes in

    def _type(self, form: Form, taken: Taken) -> frozenset[str]:
        """Fill the form in; return the names of the fields that were typed into."""
        typed = set()
        for name, (field, how) in taken.items():
            value = self._value(name)
            form[field] = value
            log.info("Filled %r, known by %s, from %s.", field, how, self.fill.shown(name))
            typed |= {field} if isinstance(value, str) else set()
        hidden = [c.get("name", "") for c in form.controls if input_type(c) == "hidden" and c.get("name")]
        if carried := [name for name in dict.fromkeys(hidden) if name not in typed]:
            log.info("Carried along: %s.", ", ".join(carried))
        return frozenset(typed)

    def _value(self, name: str) -> str | bool:
        """Look a value up, and remember it where it may show, or tells one credential from another."""
        source = self.fill[name]
        if isinstance(source, bool):
            return source
        if is_one_time(source):
            return self._one_time(source)
        is_secret = self.fill.is_secret(name)
        value = reveal(source, is_secret=is_secret)
        self.given[name] = value
        self.secrets += [value] if is_secret else []
        return value

    def _one_time(self, source: Totp) -> str:
        """Take a code that this account has not given before, in any process."""
        self.session.prepare_code(source)
        code = reveal(source, is_secret=False)
        self.session.gave_code(source)
        self.secrets.append(code)
        return code

    def _credential(self) -> str:
        """Return what the ledger knows a credential by: what was given, and the seeds of one-time codes."""
        parts = dict(self.given)
        for name, source in self.fill.items():
            if is_one_time(source):
                with suppress(SecretMissing):
                    parts[name] = source.identity()
        return json.dumps(parts, sort_keys=True)

    # Where it may go

    @property
    def _allowed(self) -> set[str]:
        """The origins that may see the credentials: the login's, also with or without www. or over https."""
        home = urlsplit(self.home)
        hosts = (home.netloc.removeprefix("www."), f"www.{home.netloc.removeprefix('www.')}")
        own = {origin(f"{scheme}://{host}") for scheme in (home.scheme, "https") for host in hosts}
        return own | self.login.origins

    def _keep_secrets_from(self, request: Request) -> None:
        """Refuse what would carry a secret, which a page may have given back to us, where it may not go."""
        sent = unquote_plus(request.url) + unquote_plus((request.content or b"").decode("latin-1"))
        if not any(secret in sent for secret in self.secrets if len(secret) >= SHORTEST_SECRET):
            return
        is_in_address = any(secret in unquote_plus(request.url) for secret in self.secrets)
        if is_in_address or not is_trustworthy(request.url) or origin(request.url) not in self._allowed:
            raise LoginError(
                "Nothing was sent: a page of the sign-in would pass the credentials on to "
                f"{origin(request.url)}{' in an address' if is_in_address else ''}."
            )

    def refuse_to_pass_on(self, form: Form) -> None:
        """A form that submits itself may go to any origin, as it does in a browser, but not in clear."""
        target = form.action(None)
        if not is_trustworthy(target) and origin(target) != origin(self.home):
            raise LoginError(
                f"{shown(form.url)} would pass the sign-in on in clear to {origin(target)}; not sent."
            )

    def refuse_danger(self, page: Response, form: Form, button: Element | None, *, has_secret: bool) -> None:
        """Raise what would go wrong if the form were sent filled in."""
        if danger := self._danger(form, button, has_secret=has_secret):
            raise LoginError(
                f"Nothing was sent: the form at {shown(form.url)} would {danger}.", response=page
            )

    def _danger(self, form: Form, button: Element | None, *, has_secret: bool) -> str:
        """Say what would go wrong if the form were sent filled in; nothing where all is well.

        What is typed goes to the origin that the login declares, which may be the same host over https, and
        to its ``origins``; to no other.
        """
        target, page, home = form.action(button), origin(form.url), origin(self.home)
        if has_secret and form.method(button) != "POST":
            return "put the password into an address (GET)"
        if has_secret and not is_trustworthy(target):
            return f"send the password in clear to {target}"
        foreign = next((one for one in (origin(target), page) if one not in self._allowed), None)
        if foreign is None:
            return ""
        what = "password" if has_secret else "user name"
        place = f"send the {what} to" if foreign == origin(target) else f"take the {what} for a page of"
        return (
            f"{place} {foreign}, which is not the login's {home}; if you do sign in there, "
            f"say so: origins={foreign!r}"
        )


def exchanged(session: Session, request: Request) -> Response:
    """Send one request of a sign-in, only a safe one again; say what came of it."""
    before = {cookie.name for cookie in session.cookies}
    page = session.exchange(request, retry=request.is_safe)
    register_page_secrets(page)
    new = sorted({cookie.name for cookie in session.cookies} - before)
    times = "redirect" if len(page.history) == 1 else f"{len(page.history)} redirects"
    via = f" after {times} to {shown(page.url)}" if page.history else ""
    cookies = f"; new cookies: {', '.join(new)}" if new else ""
    log.info("%s %s answered %d%s%s.", request.method, shown(request.url), page.status, via, cookies)
    return page


def has_words(error: LoginError) -> bool:
    """Whether the site itself said that it refuses; a form that just comes back may mean something else."""
    return "“" in str(error)


def lacks(form: Form, name: str) -> LoginFormNotFound:
    """Return the error that a form has no field `name`."""
    listed = ", ".join(form.names) or "none with a name"
    return LoginFormNotFound(f"The form at {shown(form.url)} has no field {name!r}; it has {listed}.")


def named(form: Form, selector: Any) -> Element:
    """Return the button that the user named; that it is not on the page is an outcome of the login."""
    try:
        return form.button(selector)
    except KeyError as error:
        raise LoginFormNotFound(str(error.args[0])) from error
