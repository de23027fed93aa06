"""What an answer may mean: which error it is, and the sentence that says so and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import format_datetime, parsedate_to_datetime
from typing import NamedTuple

from scraper.errors import (
    AccountLocked,
    CaptchaRequired,
    CodeRequired,
    LoginError,
    LoginUnavailable,
    PasswordExpired,
    RateLimited,
    TermsRequired,
)
from scraper.login import words
from scraper.login.complaints import quoted, shown_url
from scraper.response import Response
from scraper.retry import retry_after


class Meaning(NamedTuple):
    """What an answer means: the error, what the site does, and what to do about it."""

    error: type[LoginError]
    what: str
    advice: str


LOCKED = Meaning(
    AccountLocked,
    "treats the account as locked",
    "Unlock it there, or wait until the site does, before you sign in again.",
)
RATE = Meaning(RateLimited, "takes no more sign-ins for now", "")
EXPIRED = Meaning(
    PasswordExpired, "wants a new password", "Set one there in a browser, and give it to the login instead."
)
STALE = Meaning(
    LoginUnavailable,
    "refused the form as out of date or without its token",
    "The credentials were not judged: sign in again; if it stays so, see which cookies the login page sets.",
)
CAPTCHA = Meaning(
    CaptchaRequired,
    "wants a captcha solved",
    "A person has to sign in: BrowserLogin(..., visible=True), or the cookies of a browser.",
)
CODE = Meaning(
    CodeRequired,
    "asks for a one-time code or another second factor",
    "Give a code its source, fill(..., code=totp(env('...'))), or sign in once by hand.",
)
TERMS = Meaning(
    TermsRequired, "has terms to accept", "Read and accept them there in a browser, then sign in again."
)
BY_WORDS = {
    words.LOCKED: LOCKED,
    words.TOO_MANY: RATE,
    words.CAPTCHA: CAPTCHA,
    words.EXPIRED: EXPIRED,
    words.STALE: STALE,
    words.CODE: CODE,
}


def broken(status: int) -> Meaning:
    """Return what it means that a server is broken: it has not judged the credentials."""
    advice = "Nothing says that the credentials are wrong; sign in again later."
    return Meaning(LoginUnavailable, f"answered {status} to the sign-in", advice)


def error_of(meaning: Meaning, page: Response, said: str, secrets: Sequence[str]) -> LoginError:
    """Return the error that says what `page` means, and quotes what it `said`."""
    told = f"{shown_url(page.url, secrets)} {meaning.what}{quoted(said, secrets)}"
    end = "" if told.endswith((".”", "!”", "?”", "…”")) else "."
    return meaning.error(f"{told}{end} {meaning.advice or _wait(page)}", response=page)


def _wait(page: Response) -> str:
    """Say how long to wait, by ``Retry-After`` where there is one."""
    asked = page.headers.get("Retry-After", "").strip()
    how_long = f"{asked} seconds" if asked.isdecimal() else "a while"
    if retry_after(asked) and not asked.isdecimal():
        how_long = f"until {format_datetime(parsedate_to_datetime(asked))}"
    return f"Wait {how_long} before you sign in again; more attempts may lock the account."
