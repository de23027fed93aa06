"""What the answer to a submitted login form means, and what a page on the way asks a person for.

How a site answers comes first: its status, whether the form came back, what the page asks for. Words are only
hints, which tell one refusal from another; alone they never make a `LoginRejected`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from scraper.errors import CodeRejected, LoginError, LoginRejected
from scraper.forms import MOST_FORMS, Form
from scraper.indicators import Indicator, shows
from scraper.login import words
from scraper.login.asks import (
    asks_for_code,
    asks_for_consent,
    asks_for_new_password,
    asks_for_password,
    asks_plainly_for_code,
)
from scraper.login.captcha import captcha_in, captcha_on
from scraper.login.complaints import alerts_of, complaint, headings_of, is_error, news, told_by
from scraper.login.meaning import (
    BY_WORDS,
    CAPTCHA,
    CODE,
    EXPIRED,
    LOCKED,
    RATE,
    STALE,
    TERMS,
    Meaning,
    broken,
    error_of,
)
from scraper.login.pages import BRIEF, has_way_out
from scraper.login.reading import is_shown
from scraper.response import Response

__all__ = ["Submitted", "person_needed", "refusal"]

FORM_EXPIRED = frozenset((419, 440))
"""Not registered; what Laravel and IIS answer to a form whose token or session is past its time."""

_STEPS = (asks_for_password, asks_for_code, asks_for_new_password)
"""What a form may ask for that, where the one before did not, is the next step."""


@dataclass(frozen=True)
class Submitted:
    """What was submitted, and from which page.

    `filled` names the fields of the form that were typed into; `code_only` says that the only secret among
    them was a one-time code. No message shows any of `secrets`.
    """

    page: Response
    form: Form
    filled: frozenset[str]
    code_only: bool = False
    secrets: Sequence[str] = field(default=(), repr=False)


def refusal(
    sent: Submitted,
    landing: Response,
    *,
    rejected: Indicator | None = None,
    locked: Indicator | None = None,
) -> LoginError | None:
    """Return the error that `landing`, the answer to a submit, means.

    ``None`` where nothing says that it failed: it may have worked, or a further step waits. The indicators
    `locked` and `rejected` decide where they show.
    """
    answer = _Answer(sent, landing)
    return (
        answer.by_indicators(rejected, locked)
        or answer.by_status()
        or answer.by_form()
        or answer.by_json()
        or answer.by_refused_status()
        or answer.by_alerts()
    )


@dataclass(frozen=True)
class _Answer:
    """An answer to a submit, looked at from each side in turn."""

    sent: Submitted
    page: Response

    def by_indicators(self, rejected: Indicator | None, locked: Indicator | None) -> LoginError | None:
        if shows(locked, self.page):
            return self._error(LOCKED)
        return self._rejected("it shows what `rejected` names") if shows(rejected, self.page) else None

    def by_status(self) -> LoginError | None:
        """Judge what the status alone says, whatever the page holds."""
        status = self.page.status
        if status == 423:
            return self._error(LOCKED)
        if status == 429:
            return self._by_words(words.LOCKED) or self._error(RATE)
        if status in FORM_EXPIRED:
            return self._error(STALE)
        if status < 500:
            return None
        return self._by_words(words.LOCKED, words.TOO_MANY) or self._error(broken(status))

    def by_form(self) -> LoginError | None:
        """Judge a form that came back: the site did not go on."""
        form = next(filter(self._is_same, self.page.forms(MOST_FORMS)), None)
        if form is None or self._leads_out:
            return None
        captcha = captcha_in(form) or captcha_on(self.page)
        if captcha and captcha != (captcha_in(self.sent.form) or captcha_on(self.sent.page)):
            return self._by_words(words.LOCKED) or self._error(CAPTCHA)
        kinds = (words.LOCKED, words.TOO_MANY, words.CAPTCHA, words.EXPIRED, words.STALE)
        return self._by_words(*kinds) or self._later() or self._rejected("the same form again")

    def by_refused_status(self) -> LoginError | None:
        """Judge an error page in place of a form."""
        if not 400 <= self.page.status < 500:
            return None
        hint = self._by_words(words.LOCKED, words.TOO_MANY, words.EXPIRED, words.STALE)
        return hint or (self._rejected("no form") if self.page.status == 401 else None)

    def by_json(self) -> LoginError | None:
        """Judge an answer to a program, which says itself whether it is an error."""
        if not is_error(self.page):
            return None
        kinds = [kind for kind in BY_WORDS if kind != words.CODE or not asks_for_code(self.sent.form)]
        return self._by_words(*kinds) or (None if self.page.status == 403 else self._rejected("an error"))

    def by_alerts(self) -> LoginError | None:
        """Judge a page without the form: what it tells a stranger in an alert or a heading."""
        if not self.page.is_html or has_way_out(self.page):
            return None
        known = told_by(self.sent.page)
        said = [text for text in [*alerts_of(self.page), *headings_of(self.page)] if text not in known]
        return self._by_words(words.LOCKED, words.TOO_MANY, words.EXPIRED, said=said)

    # What came back

    def _is_same(self, form: Form) -> bool:
        """Whether `form` is the one that was submitted, and asks for nothing new."""
        mine, filled = self.sent.form, self.sent.filled
        if not filled or not filled <= _names(form) or (_is_hidden(form) and not _is_hidden(mine)):
            return False
        if any(asks(form) and not asks(mine) for asks in _STEPS):
            return False
        return asks_for_password(mine) or _shape(form) == _shape(mine) or _shape(form) not in self._others

    @cached_property
    def _others(self) -> set[tuple[Any, ...]]:
        """The other forms that the page before had, such as that for a newsletter with an address too."""
        return {
            _shape(form)
            for form in self.sent.page.forms(MOST_FORMS)
            if form.element is not self.sent.form.element
        }

    @cached_property
    def _leads_out(self) -> bool:
        """Whether only now there is a way to sign out; some pages that ask for a code have one already."""
        return has_way_out(self.page) and not has_way_out(self.sent.page)

    # What it says

    @cached_property
    def _said(self) -> list[str]:
        return news(self.page, self.sent.page) or alerts_of(self.page)

    def _by_words(self, *kinds: str, said: Sequence[str] | None = None) -> LoginError | None:
        """Return what the first of `kinds` means that the site says of this sign-in."""
        texts = self._said if said is None else said
        found = ((kind, text) for kind in kinds for text in texts if words.says(kind, text))
        return next((self._error(BY_WORDS[kind], text) for kind, text in found), None)

    def _later(self) -> LoginError | None:
        """Judge "try again later", which many sites add to what they say of a wrong password."""
        if any(words.says(words.WRONG, text) for text in self._said):
            return None
        found = (text for text in self._said if words.says(words.LATER, text))
        return next((self._error(RATE, text) for text in found), None)

    def _rejected(self, how: str) -> LoginError:
        kind, what, advice = (
            LoginRejected,
            "credentials",
            "Check user name and password before you sign in again.",
        )
        if self.sent.code_only:
            kind, what, advice = (
                CodeRejected,
                "one-time code",
                "Check its source and the clock; it is good only once.",
            )
        told = f"did not accept the {what}: it answered {self.page.status} with {how}"
        return self._error(Meaning(kind, told, advice))

    def _error(self, meaning: Meaning, said: str | None = None) -> LoginError:
        text = complaint(self.page, self.sent.page) if said is None else said
        return error_of(meaning, self.page, text, self.sent.secrets)


# What a page asks for


def person_needed(page: Response, secrets: Sequence[str] = ()) -> LoginError | None:
    """Return what a page on the way, after the credentials were accepted, asks a person for, if for anything.

    That is a new password (`PasswordExpired`), or an `InteractionRequired`: a captcha, a one-time code, new
    terms. A member's page asks for nothing: where there is a way to sign out, or much to read, only what is
    plain counts.
    """
    meaning = next(_asked(page), None)
    if meaning is None:
        return None
    said = next(iter([*alerts_of(page), *reversed(headings_of(page))]), "")
    return error_of(meaning, page, said, secrets)


def _asked(page: Response) -> Iterator[Meaning]:
    if not page.is_html:
        return
    forms = [form for form in page.forms(MOST_FORMS) if not _is_hidden(form)]
    is_between = len(page.shown_text) <= BRIEF and not has_way_out(page)
    if any(map(asks_for_new_password, forms)) and (is_between or _headed(page, words.EXPIRED)):
        yield EXPIRED
    if captcha_on(page) and (is_between or _headed(page, words.CAPTCHA)):
        yield CAPTCHA
    asks_for_it = asks_for_code if is_between else asks_plainly_for_code
    if any(map(asks_for_it, forms)) or (is_between and _headed(page, words.CODE)):
        yield CODE
    if any(map(asks_for_consent, forms)) and (is_between or _headed(page, words.TERMS)):
        yield TERMS


def _headed(page: Response, kind: str) -> bool:
    return any(words.says(kind, text) for text in [*headings_of(page), *alerts_of(page)])


def _names(form: Form) -> set[str]:
    return {control.get("name", "") for control in form.typed_into()}


def _shape(form: Form) -> tuple[Any, ...]:
    """Return what tells one form of a site from another, whatever it holds."""
    stated = (form.element.get(name) for name in ("id", "name", "class"))
    return (*stated, form.action(None).partition("?")[0], tuple(form.names))


def _is_hidden(form: Form) -> bool:
    return not is_shown(form.element)
