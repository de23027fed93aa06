"""What a person is told of a sign-in: each step in words; on failure what to try, and the page."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import lxml.html

from scraper.errors import (
    AccountLocked,
    CaptchaRequired,
    CodeRequired,
    LoginError,
    LoginFormNotFound,
    LoginRejected,
    LoginUnavailable,
    LoginUnverified,
    PasswordExpired,
    RateLimited,
    TermsRequired,
)
from scraper.redact import MASK, looks_secret, redact_bytes
from scraper.response import Response
from scraper.selector import compile_xpath

STEPS = "scraper.login"
"""The logger that every sign-in tells its steps to, at level INFO."""

_kept_values = compile_xpath("//input[@value] | //meta[@content and @name]")

_ADVICE: tuple[tuple[type[LoginError], str], ...] = (
    (AccountLocked, "Wait, or unlock the account at the site by hand; then --forget."),
    (LoginRejected, "Try the same credentials in a browser; once they work or have changed, run this again."),
    (PasswordExpired, "Set a new password at the site in a browser, and give it here."),
    (RateLimited, "Wait as long as the site asks; sign in less often: kept sessions do that (save_session)."),
    (LoginUnavailable, "Open the page in a browser; where that works, look at headers, proxies and verify."),
    (
        LoginFormNotFound,
        "Name the page that has the form, or the form itself: FormLogin('/login', ..., form='#id').",
    ),
    (
        LoginUnverified,
        "Name what only members see: logged_in='a.logout', or a page of theirs: verify_url='/account'.",
    ),
    (
        CodeRequired,
        "Give a source of codes: fill(..., code=totp(env('SHOP_TOTP'))); or sign in here, at a terminal.",
    ),
    (CaptchaRequired, "Sign in by a browser once: BrowserLogin, or the browser's cookies."),
    (TermsRequired, "Read and accept the terms in a browser once."),
)


def advice(error: LoginError) -> str:
    """Say what to try after a sign-in that failed so; nothing where the error says it all."""
    return next((words for kind, words in _ADVICE if isinstance(error, kind)), "")


class _Teller(logging.Handler):
    """Tells what is logged as numbered lines."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__(logging.INFO)
        self._say, self._number = say, 0

    def emit(self, record: logging.LogRecord) -> None:
        """Tell one step."""
        self._number += 1
        self._say(f"{self._number:3}. {record.getMessage()}")


@contextmanager
def told(say: Callable[[str], None]) -> Iterator[None]:
    """While this lasts, tell `say` every step of every sign-in."""
    logger, teller = logging.getLogger(STEPS), _Teller(say)
    before = logger.level, logger.propagate
    logger.addHandler(teller)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(teller)
        logger.level, logger.propagate = before


def save_page(page: Response, folder: Path, name: str) -> Path:
    """Write the page of a failed sign-in, without secrets, into `folder` for a person to look at."""
    folder.mkdir(parents=True, exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    path = folder / f"{name}-{stamp}{'.html' if page.is_html else '.txt'}"
    path.write_bytes(redact_bytes(_without_values(page) if page.is_html else page.content))
    return path


def _without_values(page: Response) -> bytes:
    """Return the page with stars for what its fields hold that a person types or that looks secret."""
    tree = lxml.html.document_fromstring(lxml.html.tostring(page.tree, encoding="unicode"))
    for element in _kept_values(tree):
        name, kind = element.get("name", ""), element.get("type", "text").lower()
        if element.tag == "meta" and looks_secret(name):
            element.set("content", MASK)
        elif element.tag == "input" and (kind in ("password", "hidden") or looks_secret(name)):
            element.set("value", MASK)
    html: bytes = lxml.html.tostring(tree, encoding="utf-8", doctype="<!DOCTYPE html>")
    return html
