"""`Walk`: one sign-in on its way from page to page, each step one thing that a person would do."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote_plus, urlsplit

from scraper.errors import (
    CaptchaRequired,
    CodeRequired,
    ConfigError,
    LoginError,
    LoginFormNotFound,
    LoginUnavailable,
    SecretMissing,
)
from scraper.forms import CODE, MOST_FORMS, Form, find_field, input_type, label_of
from scraper.login.asks import asks_for_code, asks_plainly_for_code
from scraper.login.captcha import captcha_in
from scraper.login.choose import Taken, choose, is_sign_in, passwords, sign_in_button, takes
from scraper.login.csrf import csrf_headers
from scraper.login.outcomes import Submitted, person_needed, refusal
from scraper.login.pages import button_between, has_way_out, leads_on, posts_itself
from scraper.login.tokens import register_page_secrets
from scraper.redact import redact_url as shown
from scraper.redact import register_url
from scraper.request import Request, is_trustworthy, origin
from scraper.response import Response
from scraper.selector import Element, compile_css
from scraper.values import Source, Totp, is_one_time, reveal

if TYPE_CHECKING:
    from scraper.login.form import FormLogin
    from scraper.session import Session

T = TypeVar("T")

log = logging.getLogger("scraper.login")

MAX_STEPS = 12
"""So many requests a sign-in may take after the first page; what asks for more goes round in circles."""

SHORTEST_SECRET = 4
"""Characters of a secret that is looked for in what a page gives back; a shorter one turns up by chance."""

_LATER = re.compile(r"code|otp|2fa|mfa|token", re.IGNORECASE)
_SECRET = re.compile(r"pass|pw|pin|secret|code|otp|token|key", re.IGNORECASE)


class Walk:
    """One sign-in on its way: which values are still to be given, and what no message may show."""

    def __init__(self, login: FormLogin, session: Session) -> None:
        self.login, self.session = login, session
        self.home = session.absolute(login.url)
        self.left = list(login.fill)
        self.given: dict[str, str] = {}
        self.secrets: list[str] = []
        self._sent: list[Submitted] = []
        self._done: set[tuple[str, str, tuple[str, ...]]] = set()

    def run(self) -> Response:
        """Go from page to page until one is a member's, or nothing leads further."""
        page, steps = self._open(), 0
        while not self._is_in(page):
            step = self._step_from(page, is_first=steps == 0)
            if step is None:
                break
            if steps == MAX_STEPS:
                raise LoginError(
                    f"The sign-in is still going on after {MAX_STEPS} steps, now at {shown(page.url)}; see "
                    "where it goes round with login --explain.",
                    response=page,
                )
            page, steps = step(), steps + 1
        log.info("Arrived at %s.", shown(page.url))
        return page

    def _is_in(self, page: Response) -> bool:
        """Whether a page shows a member; one that asks for more may have a way out, and shows none yet."""
        asks = any(takes(form, self.left) or asks_for_code(form) for form in page.forms(MOST_FORMS))
        is_plain = self.login.logged_in is not None or not asks
        return is_plain and self.session.judge(page) == "signed_in"

    @property
    def _allowed(self) -> set[str]:
        """The origins that may see the credentials: the login's, also with or without www. or over https."""
        home = urlsplit(self.home)
        hosts = (home.netloc.removeprefix("www."), f"www.{home.netloc.removeprefix('www.')}")
        own = {origin(f"{scheme}://{host}") for scheme in (home.scheme, "https") for host in hosts}
        return own | self.login.origins

    def _open(self) -> Response:
        register_url(self.home)
        page = self._send(Request(self.home))
        if page.status >= 400 and not page.has_password_field and not page.forms(MOST_FORMS):
            raise LoginUnavailable(f"The login page {shown(page.url)} answered {page.status}.", response=page)
        return page

    def _send(self, request: Request) -> Response:
        """Send one request, and say what came of it."""
        self._keep_secrets_from(request)
        before = {cookie.name for cookie in self.session.cookies}
        page = self.session.exchange(request, retry=request.is_safe)
        register_page_secrets(page)
        new = sorted({cookie.name for cookie in self.session.cookies} - before)
        times = "redirect" if len(page.history) == 1 else f"{len(page.history)} redirects"
        via = f" after {times} to {shown(page.url)}" if page.history else ""
        cookies = f"; new cookies: {', '.join(new)}" if new else ""
        log.info("%s %s answered %d%s%s.", request.method, shown(request.url), page.status, via, cookies)
        return page

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

    # What a page asks for

    def _step_from(self, page: Response, *, is_first: bool) -> Callable[[], Response] | None:
        """Return the step that a person, or the browser by itself, would take from `page`."""
        if self._is_of_members(page):
            if (step := self._code_step(page)) is None:
                self._stop_for_person(page)
            return step
        if found := self._form_on(page, is_first=is_first):
            return lambda: self._fill_in(page, *found)
        if (request := self._led_on(page)) and self._is_new(request, ()):
            return lambda: self._send(request)
        if step := self._code_step(page):
            return step
        self._stop_for_person(page)
        if is_first:
            self._miss_form(page)
            return None
        is_provider = origin(page.url) in self.login.origins
        between = button_between(page, is_provider=is_provider)
        if between and self._is_new(between[0].submit(between[1]), tuple(between[0].names)):
            return lambda: self._press(*between)
        return None

    def _stop_for_person(self, page: Response) -> None:
        """Raise what a page asks a person for, if it asks for something."""
        if needed := person_needed(page, self.secrets):
            raise needed

    def _is_of_members(self, page: Response) -> bool:
        """Whether a page of the site has a way out, so that nothing on it is ours to fill or press.

        Unless the login names a form that is on it.
        """
        if origin(page.url) in self.login.origins or not has_way_out(page):
            return False
        return self.login.form is None or not compile_css(self.login.form)(page.tree)

    def _miss_form(self, page: Response) -> None:
        """Complain about a first page without a form, unless a provider has signed in on the way to it."""
        if any(origin(url) in self.login.origins for url in page.history):
            return
        raise LoginFormNotFound(
            f"{shown(page.url)} has no form with a password field; "
            f"it has {page.forms(MOST_FORMS) or 'no form at all'}. "
            "Name the page that has it, or the form (form='#login').",
            response=page,
        )

    def _is_new(self, request: Request, names: tuple[str, ...]) -> bool:
        """Whether this very step was not taken before: a page that comes again would come for ever."""
        step = (request.method, request.url, names)
        is_new = step not in self._done
        self._done.add(step)
        return is_new

    def _led_on(self, page: Response) -> Request | None:
        """Return the request by which a page leads on without anyone doing anything."""
        if form := posts_itself(page):
            log.info("%s submits %s by itself, with %s.", shown(page.url), form, ", ".join(form.names))
            self._refuse_to_pass_on(form)
            return self._request(page, form, None)
        if request := leads_on(page):
            log.info("%s leads on to %s.", shown(page.url), shown(request.url))
        return request

    def _refuse_to_pass_on(self, form: Form) -> None:
        """A form that submits itself may go to any origin, as it does in a browser, but not in clear."""
        target = form.action(None)
        if not is_trustworthy(target) and origin(target) != origin(self.home):
            raise LoginError(
                f"{shown(form.url)} would pass the sign-in on in clear to {origin(target)}; not sent."
            )

    def _form_on(self, page: Response, *, is_first: bool) -> tuple[Form, str] | None:
        """Return the form of `page` that takes something of what is left, and why this one."""
        if self.login.form is not None:
            with suppress(ConfigError):
                form = page.form(self.login.form)
                if takes(form, self.left) or is_first:
                    return form, f"the one that matches {self.login.form!r}"
            if is_first:
                _found(page.form, self.login.form)
        forms, codes = (
            page.forms(MOST_FORMS),
            [name for name in self.left if is_one_time_name(self.login.fill, name)],
        )
        if codes == self.left:
            forms = [form for form in forms if asks_for_code(form)]
        chosen = choose(forms, self.left, is_first=is_first)
        if chosen is None and is_first and (signing_in := [form for form in forms if is_sign_in(form)]):
            return signing_in[0], "the one with a password field"
        return chosen

    def _code_step(self, page: Response) -> Callable[[], Response] | None:
        """Return the step for a page that asks for a code; one with a way out has to say so plainly."""
        asks = asks_plainly_for_code if has_way_out(page) else asks_for_code
        form = next((form for form in page.forms(MOST_FORMS) if asks(form)), None)
        if form is None:
            return None
        if takes(form, self.left):
            return lambda: self._fill_in(page, form, "the one that asks for a code")
        return lambda: self._give_code(page, form)

    # What is done about it

    def _give_code(self, page: Response, form: Form) -> Response:
        """Ask a person for a code that no source gives, where there is one to ask."""
        field = find_field(form, CODE)
        if self.session.ask is None or field is None:
            raise CodeRequired(
                f"{shown(page.url)} asks for a one-time code. Give it a source, "
                "fill(..., code=totp(env('...'))), or sign in by hand once with "
                "`python -m scraper login SPIDER`, then run --resume.",
                response=page,
            )
        log.info("%s asks for a one-time code in %r.", shown(page.url), field.name)
        button = sign_in_button(form)
        self._refuse_danger(page, form, button, has_secret=True)
        form[field.name] = code = self.session.ask(
            f"The one-time code that {origin(form.action(button))} asks for"
        )
        self.secrets.append(code)
        return self._submit(page, form, button, frozenset({field.name}), is_code=True)

    def _press(self, form: Form, button: Element) -> Response:
        self._refuse_to_pass_on(form)
        log.info("Pressed %r on %s.", label_of(button), shown(form.url))
        return self._send(form.submit(button))

    def _fill_in(self, page: Response, form: Form, why: str) -> Response:
        """Fill in what the form takes, submit it once, and see what came back."""
        taken = takes(form, self.left)
        log.info("Chose %s: %s.", form, why)
        self._miss(form, [name for name in self.left if name not in taken])
        if (captcha := captcha_in(form)) and not any(field == captcha for field, _ in taken.values()):
            raise CaptchaRequired(
                f"The form at {shown(form.url)} has a captcha ({captcha}), so nothing was sent. A person has "
                "to sign in: with BrowserLogin, or with the cookies of a browser.",
                response=page,
            )
        button = _found(form.button, self.login.button) if self._names_button(form) else sign_in_button(form)
        has_secret = any(self._is_secret(name) for name in taken)
        self._refuse_danger(page, form, button, has_secret=has_secret)
        typed = self._type(form, taken)
        only_code = has_secret and all(
            is_one_time_name(self.login.fill, n) for n in taken if self._is_secret(n)
        )
        if has_secret and not only_code:
            self.session.submitting(self._credential())
        self.session.remember_form(form)
        return self._submit(page, form, button, typed, is_code=only_code)

    def _names_button(self, form: Form) -> bool:
        """Whether `button` is meant for this form: for the first, and for any other that has it."""
        if self.login.button is None:
            return False
        with suppress(KeyError):
            form.button(self.login.button)
            return True
        return not self._done

    def _submit(
        self, page: Response, form: Form, button: Element | None, typed: frozenset[str], *, is_code: bool
    ) -> Response:
        if button is not None:
            log.info("Pressed %r.", label_of(button))
        request = self._request(page, form, button)
        self._is_new(request, tuple(form.names))
        landing = self._send(request)
        self._sent.append(Submitted(page, form, typed, code_only=is_code, secrets=self.secrets))
        if not self._is_in(landing) and (error := self._refusal(landing)):
            if has_words(error) or not self.session.looks_signed_in():
                raise error
            log.info("%s shows the form again, but the sign-in has worked.", shown(landing.url))
        return landing

    def _refusal(self, landing: Response) -> LoginError | None:
        """Return what an answer means; after a later step, the form of an earlier one may come back too."""
        marks = {"rejected": self.login.rejected, "locked": self.login.locked}
        return next(
            (error for sent in reversed(self._sent) if (error := refusal(sent, landing, **marks))), None
        )

    def _request(self, page: Response, form: Form, button: Element | None) -> Request:
        """Return the request of a form, with the tokens that the page's scripts would add."""
        request = form.submit(button)
        tokens = csrf_headers(page, request.url, self.session.cookies.cookies_for(request.url))
        if tokens:
            log.info("Carried along in headers: %s.", ", ".join(tokens))
        return Request(request.url, request.method, {**request.headers, **tokens}, request.body)

    def _type(self, form: Form, taken: Taken) -> frozenset[str]:
        """Fill the form in; return the names of the fields that were typed into."""
        self.left = [name for name in self.left if name not in taken]
        typed = set()
        for name, (field, how) in taken.items():
            value = self._value(name)
            form[field] = value
            log.info("Filled %r, known by %s, from %s.", field, how, self.login.fill.shown(name))
            typed |= {field} if isinstance(value, str) else set()
        hidden = [c.get("name", "") for c in form.controls if input_type(c) == "hidden" and c.get("name")]
        if carried := [name for name in dict.fromkeys(hidden) if name not in typed]:
            log.info("Carried along: %s.", ", ".join(carried))
        return frozenset(typed)

    def _value(self, name: str) -> str | bool:
        """Look a value up, and remember it where it may show, or tells one credential from another."""
        source = self.login.fill[name]
        if isinstance(source, bool):
            return source
        if is_one_time(source):
            return self._one_time(source)
        is_secret = self._is_secret(name)
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
        for name, source in self.login.fill.items():
            if is_one_time(source):
                with suppress(SecretMissing):
                    parts[name] = source.identity()
        return json.dumps(parts, sort_keys=True)

    def _is_secret(self, name: str) -> bool:
        return name != self.login.account_field and not isinstance(self.login.fill[name], bool)

    def _miss(self, form: Form, missing: list[str]) -> None:
        """Complain about a field that the form lacks and no later page will ask for."""
        later = _LATER if passwords(form) else _SECRET
        for name in missing:
            if not later.search(name) and name not in self.given:
                listed = ", ".join(form.names) or "none with a name"
                raise LoginFormNotFound(
                    f"The form at {shown(form.url)} has no field {name!r}; it has {listed}."
                )

    def _refuse_danger(self, page: Response, form: Form, button: Element | None, *, has_secret: bool) -> None:
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


def has_words(error: LoginError) -> bool:
    """Whether the site itself said that it refuses; a form that just comes back may mean something else."""
    return "“" in str(error)


def is_one_time_name(values: Mapping[str, Source | bool], name: str) -> bool:
    """Whether what is filled in under `name` is a one-time code, by its source or by its name."""
    source = values[name]
    return name == CODE or (not isinstance(source, bool) and is_one_time(source))


def _found(choose_by: Callable[[str], T], selector: Any) -> T:
    """Choose what the user named; that it is not on the page is an outcome of the login."""
    try:
        return choose_by(selector)
    except (ConfigError, KeyError) as error:
        raise LoginFormNotFound(str(error.args[0])) from error
