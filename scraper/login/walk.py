"""`Walk`: one sign-in on its way from page to page, each step one thing that a person would do."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from scraper.errors import CodeRequired, ConfigError, LoginError, LoginFormNotFound
from scraper.forms import CODE, MOST_FORMS, Form, find_field
from scraper.login.asks import asks_for_code, asks_plainly_for_code
from scraper.login.choose import choose, is_sign_in, passwords, sign_in_button, takes
from scraper.login.outcomes import person_needed
from scraper.login.pages import button_between, has_way_out, leads_on, posts_itself
from scraper.login.steps import Steps, lacks, named
from scraper.redact import redact_url as shown
from scraper.request import Request, origin
from scraper.response import Response
from scraper.selector import Element, compile_css, compile_xpath

if TYPE_CHECKING:
    from scraper.login.form import FormLogin
    from scraper.session import Session

_scripts = compile_xpath("//script")

log = logging.getLogger("scraper.login")

MAX_STEPS = 12
"""So many requests a sign-in may take after the first page; what asks for more goes round in circles."""

_LATER = re.compile(r"code|otp|2fa|mfa|token", re.IGNORECASE)
_SECRET = re.compile(r"pass|pw|pin|secret|code|otp|token|key", re.IGNORECASE)


class Walk(Steps):
    """Steps that are found out by what each page asks for."""

    login: FormLogin

    def __init__(self, login: FormLogin, session: Session) -> None:
        super().__init__(login, session)
        self.fill, self.left = login.fill, list(login.fill)
        self._done: set[tuple[str, str, tuple[str, ...]]] = set()

    def run(self) -> Response:
        """Go from page to page until one is a member's, or nothing leads further."""
        page, steps = self.open(self.home), 0
        while not self.is_in(page):
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

    def is_in(self, page: Response) -> bool:
        """Whether a page shows a member; one that asks for more may have a way out, and shows none yet."""
        asks = any(takes(form, self.left) or asks_for_code(form) for form in page.forms(MOST_FORMS))
        is_plain = self.login.logged_in is not None or not asks
        return is_plain and super().is_in(page)

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
            return lambda: self.send(request)
        if step := self._code_step(page):
            return step
        self._stop_for_person(page)
        if is_first:
            self._miss_form(page)
            return None
        is_provider = origin(page.url) in self.login.origins
        between = button_between(page, is_provider=is_provider)
        if between and self._is_new(between[0].submit(between[1]), tuple(between[0].names)):
            return lambda: self.press(*between)
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
            f"{_other_way(page)}Name the page that has it, or the form (form='#login').",
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
            self.refuse_to_pass_on(form)
            return self.request(page, form, None)
        if request := leads_on(page):
            log.info("%s leads on to %s.", shown(page.url), shown(request.url))
        return request

    def _form_on(self, page: Response, *, is_first: bool) -> tuple[Form, str] | None:
        """Return the form of `page` that takes something of what is left, and why this one."""
        if self.login.form is not None:
            try:
                form = page.form(self.login.form)
            except ConfigError as error:
                if is_first:
                    raise LoginFormNotFound(str(error)) from error
            else:
                if takes(form, self.left) or is_first:
                    return form, f"the one that matches {self.login.form!r}"
        forms = page.forms(MOST_FORMS)
        if all(map(self.fill.is_one_time, self.left)):
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
        self.refuse_danger(page, form, button, has_secret=True)
        form[field.name] = code = self.session.ask(
            f"The one-time code that {origin(form.action(button))} asks for"
        )
        self.secrets.append(code)
        return self.send_form(page, form, button, frozenset({field.name}), is_code=True)

    def _fill_in(self, page: Response, form: Form, why: str) -> Response:
        """Fill in what the form takes, submit it once, and see what came back."""
        taken = takes(form, self.left)
        log.info("Chose %s: %s.", form, why)
        self._miss(form, [name for name in self.left if name not in taken])
        button = named(form, self.login.button) if self._names_button(form) else sign_in_button(form)
        self.left = [name for name in self.left if name not in taken]
        return self.fill_in(page, form, taken, button)

    def transmit(self, page: Response, form: Form, button: Element | None) -> Response:
        """Send a form that is filled in, as `Steps` does; it is a step that was taken."""
        self._is_new(form.submit(button), tuple(form.names))
        return super().transmit(page, form, button)

    def _names_button(self, form: Form) -> bool:
        """Whether `button` is meant for this form: for the first, and for any other that has it."""
        if self.login.button is None:
            return False
        with suppress(KeyError):
            form.button(self.login.button)
            return True
        return not self._done

    def _miss(self, form: Form, missing: list[str]) -> None:
        """Complain about a field that the form lacks and no later page will ask for."""
        later = _LATER if passwords(form) else _SECRET
        for name in missing:
            if not later.search(name) and name not in self.given:
                raise lacks(form, name)


def _other_way(page: Response) -> str:
    """Say what to do about a page whose form may be drawn by a script."""
    return "If a script draws it, BrowserLogin fills it in. " if _scripts(page.tree) else ""
