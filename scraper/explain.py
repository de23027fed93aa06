"""What a person is told of a sign-in: each step in words; on failure what to try, and the page."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import lxml.html

from scraper import private
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
from scraper.forms import input_type
from scraper.kept import is_json
from scraper.redact import MASK, looks_secret, redact_bytes, redact_json, redact_url, register, register_url
from scraper.response import Response
from scraper.selector import Element

STEPS = "scraper.login"
"""The logger that every sign-in tells its steps to, at level INFO."""

_HOLDERS = frozenset(("input", "textarea", "button", "option", "meta"))

_ADVICE: tuple[tuple[type[LoginError], str], ...] = (
    (AccountLocked, "Wait, or unlock the account at the site by hand; then --forget."),
    (LoginRejected, "Try the same credentials in a browser; once they work or have changed, run this again."),
    (PasswordExpired, "Set a new password at the site in a browser, and give it here."),
    (RateLimited, "Wait as long as the site asks; sign in less often: kept sessions do that (save_session)."),
    (LoginUnavailable, "Open the page in a browser; where that works, look at headers, proxies and verify."),
    (
        LoginFormNotFound,
        "Name the page that has the form, or the form (form='#id'); if a script draws it: BrowserLogin.",
    ),
    (
        LoginUnverified,
        "Name what only members see: logged_in='a.logout', or a page of theirs: verify_url='/account'.",
    ),
    (
        CodeRequired,
        "Give a source of codes: fill(..., code=totp(env('SHOP_TOTP'))); or sign in here, at a terminal.",
    ),
    (
        CaptchaRequired,
        "Sign in by a browser once: BrowserLogin(..., visible=True), or the browser's cookies.",
    ),
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
    private.make_folder(folder)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    path = folder / f"{name}-{stamp}{'.html' if page.is_html else '.txt'}"
    private.write(path, without_secrets(page))
    return path


def without_secrets(page: Response) -> bytes:
    """Return a page, HTML in UTF-8, with stars for known secrets and what its fields and attributes hide.

    In JSON that is what members hold whose names look secret.
    """
    if page.is_html:
        return redact_bytes(_without_values(page))
    return redact_json(page.content) if is_json(page) else redact_bytes(page.content)


def _without_values(page: Response) -> bytes:
    """Return the page with stars for what its fields and attributes hold that is typed or looks secret."""
    tree = lxml.html.document_fromstring(lxml.html.tostring(page.tree, encoding="unicode"))
    for element in tree.iter("*"):
        _hide_value(element)
        _hide_attributes(element)
    html: bytes = lxml.html.tostring(tree, encoding="utf-8", doctype="<!DOCTYPE html>")
    return html


def _hide_attributes(element: Element) -> None:
    """Put stars in the place of attributes that look secret, and of parameters of addresses in others."""
    for name in map(str, element.keys()):
        value = element.get(name, "")
        register_url(value)
        shown = _starred(value) if looks_secret(name) else redact_url(value)
        if shown != value:
            element.set(name, "".join(filter(str.isprintable, shown)))


def _hide_value(element: Element) -> None:
    """Put stars in the place of what a field, a button or a ``<meta>`` holds."""
    if element.tag not in _HOLDERS or not _is_secret(element):
        return
    for name in ("value", "content"):
        if (value := element.get(name)) is not None:
            element.set(name, _starred(value))
    if element.tag in ("textarea", "option"):
        element[:] = []
        element.text = _starred(element.text or "")


def _is_secret(element: Element) -> bool:
    if element.tag == "input" and input_type(element) in ("password", "hidden"):
        return True
    named = next(element.iterancestors("select"), element) if element.tag == "option" else element
    return looks_secret(named.get("name") or named.get("property") or "")


def _starred(value: str) -> str:
    """Return stars, also for where `value` stands elsewhere on the page, as in a script."""
    register(value, lasting=False)
    return MASK
