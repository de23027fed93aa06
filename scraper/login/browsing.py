"""`Browsing`: a sign-in in a browser, with the eyes of `Walk`, and the hands of its own or of a person."""

from __future__ import annotations

import logging
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from scraper import private
from scraper.browser import MARK, Browser, Setup, Tab, has_display
from scraper.browser.cookies import changes
from scraper.errors import FetchError, InteractionRequired, LoginError, LoginFormNotFound, LoginUnavailable
from scraper.forms import MOST_FORMS, Form, input_type, is_visible, label_of
from scraper.login.choose import takes
from scraper.login.keeper import Keeper
from scraper.login.pages import has_way_out
from scraper.login.person import has_pressed_enter, want_screen
from scraper.login.steps import has_words
from scraper.login.tokens import register_page_secrets
from scraper.login.walk import Walk
from scraper.redact import redact_url as shown
from scraper.redact import register
from scraper.request import Request, is_trustworthy, origin
from scraper.response import Response
from scraper.selector import Element, compile_css

if TYPE_CHECKING:
    from scraper.login.browser import BrowserLogin
    from scraper.session import Session

log = logging.getLogger("scraper.login")

T = TypeVar("T")

PATIENCE = 15.0
"""Seconds to wait for a form to be drawn, and for something to come of pressing a button."""

AFTERMATH = 4.0
"""Seconds that a page which shows the same form again is given to go on after all."""

PERSON_SECONDS = 900.0
"""Seconds that a person may take."""

HELD = """() => {
  try { return [navigator.userAgent, {...sessionStorage}] } catch { return [navigator.userAgent, {}] }
}"""
"""What the browser calls itself, and the session storage of a page, which not every page may have."""

MOST_WINDOWS = 1_000
"""More than a page opens: until something is pressed, none of them is looked at."""

LOOK = 1.0
"""Seconds after which what a person does is looked at again."""


def sign_in(login: BrowserLogin, session: Session) -> Response:
    """Sign in by a browser, which shows itself where a person has to do it, or something of it."""
    is_shown = bool(login.visible) or not login.fill
    if is_shown:
        want_screen(session.absolute(login.url))
    with _browsing(login, session, is_visible=is_shown) as browsing:
        if not login.fill:
            return browsing.by_hand(browsing.home)
        try:
            return browsing.run()
        except InteractionRequired as error:
            if is_shown:
                return browsing.by_hand(None)
            if login.visible is False or session.ask is None or not has_display():
                raise
            log.info("%s", error)
            browsing.hand_over()
            url = browsing.tab.url
    with _browsing(login, session, is_visible=True) as browsing:
        return browsing.by_hand(url)


@contextmanager
def _browsing(login: BrowserLogin, session: Session, *, is_visible: bool) -> Iterator[Browsing]:
    """Start a browser that goes on with the session's cookies."""
    home = session.absolute(login.url)
    setup = Setup.of(
        session, home, executable=login.executable, is_visible=is_visible, user_agent=login.user_agent
    )
    keeper = Keeper(session)
    with Browser(setup, keeper) as browser:
        yield Browsing(login, session, browser, keeper)


def _live_values(form: Form) -> Iterator[tuple[str, str | bool]]:
    """Yield the mark of each field that is filled in, with its value; of radio buttons, that to tick."""
    for control in filter(is_visible, form.controls):
        value = form.given.get(control.get("name", ""))
        if input_type(control) == "radio" and value == control.get("value", "on"):
            yield control.get(MARK, ""), True
        elif input_type(control) not in ("radio", "hidden") and isinstance(value, str | bool):
            yield control.get(MARK, ""), value


class Browsing(Walk):
    """One sign-in in a browser, from page to page; what was filled in goes where the `keeper` lets it."""

    login: BrowserLogin

    def __init__(self, login: BrowserLogin, session: Session, browser: Browser, keeper: Keeper) -> None:
        super().__init__(login, session)
        self.browser, self.keeper = browser, keeper
        keeper.allowed, keeper.secrets = self._allowed, self.secrets
        self._deadline = time.monotonic() + session.timeout.total
        state = {"cookies": session.cookies.to_state(), "origins": session.storage}
        self._do(browser.renew(state))
        self._given = self._do(browser.cookies())
        self._first: Tab = self._do(browser.tab())
        self._windows, self._keys = MOST_WINDOWS, list[str]()

    def run(self) -> Response:
        """Go from page to page until one is a member's, or nothing leads further."""
        page = super().run()
        self._finish()
        return page

    def _do(self, steps: Coroutine[Any, Any, T], seconds: float | None = None) -> T:
        """Let the browser do something, in the time that is left, or in so many seconds."""
        left = self._deadline - time.monotonic()
        try:
            result = self.browser.run(steps, self.home, max(0.1, min(left, seconds or left)))
        except FetchError:
            self._stop_where_refused()
            raise
        self._stop_where_refused()
        return result

    def _stop_where_refused(self) -> None:
        """Raise what the keeper has to say, if it stopped something."""
        if self.keeper.refusal is not None:
            raise self.keeper.refusal

    # What Walk sees

    @property
    def tab(self) -> Tab:
        """What is in front: the first tab, or a window of the login's that has come of pressing something."""
        tabs = [tab for tab in self._first.opened[self._windows :] if origin(tab.url) in self._allowed]
        return tabs[-1] if tabs else self._first

    def open(self, page: str | Request) -> Response:
        """Open the page where the sign-in begins, and wait for what it begins with."""
        url = page.url if isinstance(page, Request) else page
        self._do(self._first.open(url))
        seen, until = self._seen(), time.monotonic() + PATIENCE
        while not self._begins(seen) and (left := until - time.monotonic()) > 0:
            self._do(self.tab.stirs(left))
            seen = self._seen()
        log.info("The browser shows %s, which answered %d.", shown(seen.url), seen.status)
        if seen.status >= 400 and not seen.forms(MOST_FORMS):
            raise LoginUnavailable(f"The login page {shown(seen.url)} answered {seen.status}.", response=seen)
        return seen

    def _begins(self, page: Response) -> bool:
        """Whether a page has what a sign-in begins with, or is beyond that."""
        if self.login.form is not None and compile_css(self.login.form)(page.tree):
            return True
        is_asked = any(takes(form, self.left) for form in page.forms(MOST_FORMS))
        return is_asked or has_way_out(page) or self.is_in(page)

    def _seen(self) -> Response:
        """Return the page as it is once it has settled."""
        tab = self.tab
        try:
            self._do(tab.settle(min(PATIENCE, self._deadline - time.monotonic())))
            page = self._do(tab.look(self._allowed))
        except FetchError:
            if tab is self._first:
                raise
            return self._seen_behind(tab)
        register_page_secrets(page)
        return page

    def _seen_behind(self, window: Tab) -> Response:
        """Return what is seen once a window has closed, as one for the sign-in does at its end."""
        self._do(window.close())
        return self._seen()

    def _led_on(self, page: Response) -> Request | None:
        """Return nothing: where a page leads by itself, the browser has gone."""
        return None

    def _miss_form(self, page: Response) -> None:
        raise LoginFormNotFound(
            f"{shown(page.url)} shows no form with a password in a browser either, within {PATIENCE:.0f} s; "
            f"it has {page.forms(MOST_FORMS) or 'no form at all'}. Name the page that has it.",
            response=page,
        )

    # What Walk does

    def _danger(self, form: Form, button: Element | None, *, has_secret: bool) -> str:
        """Say what would go wrong if a page were filled in; where that goes, the keeper sees."""
        page = origin(form.url)
        if page not in self._allowed:
            return (
                f"take the password for a page of {page}, which is not the login's {origin(self.home)}; if "
                f"you do sign in there, say so: origins={page!r}"
            )
        return "" if is_trustworthy(form.url) else f"send the password in clear to {page}"

    def transmit(self, page: Response, form: Form, button: Element | None) -> Response:
        """Fill in and press for real, once; return the page that comes of it."""
        values = [*_live_values(form)]
        self._do(self.tab.fill(values))
        self._take_picture()
        self.session.submitted()
        self._done.add(("PRESS", page.url, tuple(form.names)))
        mark = None if button is None else button.get(MARK)
        if not self._pressed(mark, values[-1][0]):
            pressed = "Enter" if button is None else repr(label_of(button))
            raise LoginFormNotFound(
                f"{pressed} was pressed on {shown(page.url)}, and nothing was sent within {PATIENCE:.0f} s; "
                "name the right button: button='#signin'.",
                response=self._seen(),
            )
        landing = self._settled()
        self._take_picture()
        self.hand_over()
        return landing

    def _settled(self) -> Response:
        """Return the page after a submit; one that shows the same form without a word may still go on."""
        landing, until = self._seen(), time.monotonic() + AFTERMATH
        while self._is_speechless(landing) and (left := until - time.monotonic()) > 0:
            self._do(self.tab.stirs(left))
            landing = self._seen()
        log.info("The browser shows %s, after an answer %d.", shown(landing.url), landing.status)
        return landing

    def _is_speechless(self, landing: Response) -> bool:
        error = None if self.is_in(landing) else self._refusal(landing)
        return error is not None and not has_words(error)

    def press(self, form: Form, button: Element | None) -> Response:
        """Press a button of a form into which nothing is filled."""
        if button is not None:
            log.info("Pressed %r on %s.", label_of(button), shown(form.url))
            self._pressed(button.get(MARK), None)
        return self._seen()

    def _pressed(self, mark: str | None, field: str | None) -> bool:
        """Press a button, or Enter in a field; return whether anything came of it."""
        self._windows = min(self._windows, len(self._first.opened))
        tab = self.tab
        try:
            return self._do(tab.press(mark, field, PATIENCE, lambda: self.keeper.refusal is not None))
        except FetchError:
            if tab is self._first:
                raise
            return True

    def _take_picture(self) -> None:
        """Keep a picture of the page, without what is typed, where a person wants to see the steps."""
        folder = self.session.pictures
        if folder is None:
            return
        try:
            picture = self._do(self.tab.picture([*self.secrets, *self.given.values()]), PATIENCE)
            private.make_folder(folder)
            stamp = f"{time.time_ns() // 1_000_000}"
            path = folder / f"{self.session.name}-{stamp}.png"
            private.write(path, picture)
        except (FetchError, OSError) as error:
            log.info("No picture of the page: %s", error)
        else:
            log.info("The page, without what is typed: %s", path)

    # What a person does

    def by_hand(self, url: str | None) -> Response:
        """Let a person sign in, from `url` or from where the browser is, until that shows, or they say so."""
        self._deadline = time.monotonic() + PERSON_SECONDS
        if url is not None:
            self._do(self._first.open(url), PATIENCE)
        log.warning(
            "Sign in at %s in the window of the browser; once you are in, close it, or press Enter here.",
            origin(self.home),
        )
        page = Response(self.home)
        while (tabs := self._first.opened) and not has_pressed_enter():
            if time.monotonic() > self._deadline - PATIENCE:
                raise InteractionRequired(f"Nobody signed in at {shown(self.home)} in time.")
            with suppress(FetchError):  # closed under our eyes, or not there yet
                self._do(tabs[-1].settle(LOOK))
                page = self._do(tabs[-1].look(self._allowed))
                self.hand_over()
                if self._shows_member(page):
                    break
        log.info("The browser was left at %s.", shown(page.url))
        self.session.submitted()
        with suppress(FetchError):
            self.hand_over()
        self._finish()
        return page

    def _shows_member(self, page: Response) -> bool:
        if self.login.logged_in is not None:
            return self.session.judge(page) == "signed_in"
        return origin(page.url) in self._allowed and has_way_out(page) and not page.has_password_field

    # What the session gets

    def hand_over(self) -> None:
        """Give the session what the browser has by now: cookies, local storage, User-Agent and token."""
        cookies, storage = self._do(self.browser.cookies()), self._do(self.browser.storage())
        self.session.cookies.merge_state(*changes(self._given, cookies))
        self._given = cookies
        self.session.keep_storage(one for one in storage if one["origin"] in self._own)
        agent, held = self._do(self._first.evaluate(HELD))
        held = held if origin(self._first.url) in self._own else {}
        tokens = {"user_agent": agent} if agent != self.session.headers.get("User-Agent") else {}
        kept = [{item["name"]: item["value"] for item in one["localStorage"]} for one in self.session.storage]
        if access := self.login.found([*kept, held]):
            register(access)
            tokens["access"] = access
        self._keys = sorted({key for one in (*kept, held) for key in one})
        self.session.grant(tokens)

    @property
    def _own(self) -> set[str]:
        return {*self._allowed, origin(self.session.base_url or self.home)}

    def _finish(self) -> None:
        """Complain where the page has kept no token of the name that is declared."""
        if self.login.token is not None and "access" not in self.session.tokens:
            raise LoginError(
                f"{shown(self.home)} left no {self.login.token!r} in local or session storage; "
                f"it left {', '.join(self._keys) or 'nothing'}."
            )
