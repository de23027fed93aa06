"""Indicators: marks on a response by which a member, a stranger or a refusal is known.

A text is a CSS selector that matches on the page. Any callable that takes a `Response` serves as well;
`text`, `url` and `status` make such callables, and so does `json_path`, which is a field of items too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit

from scraper.errors import ConfigError
from scraper.response import Response
from scraper.selector import Element, compile_css, compile_xpath, squeeze

Indicator = str | Callable[[Response], bool]


def shows(indicator: Indicator | None, response: Response) -> bool:
    """Whether `response` shows an indicator: a CSS selector matches on its page, or a callable says so."""
    if indicator is None:
        return False
    if callable(indicator):
        return bool(indicator(response))
    return response.is_html and bool(_compile(indicator)(response.tree))


@cache
def _compile(query: str) -> Callable[[Element], Any]:
    """Compile a CSS selector; a mere id is looked up before it is looked for, as most pages do not have it.

    To libxml2 the name of an anchor is an id too, and what stands in a template is part of the page.
    """
    find, id = compile_css(query, first=True), _ID.fullmatch(query.strip())
    if id is None:
        return find
    look_up = compile_xpath(f"boolean(id('{id[1]}'))")
    return lambda page: look_up(page) and find(page)


_ID = re.compile(r"#([A-Za-z_][\w-]*)", re.ASCII)


def check(indicator: Indicator | None) -> None:
    """Raise `SelectorError` for a CSS selector that is none: where it is written, not where it is used."""
    if isinstance(indicator, str):
        compile_css(indicator)


@dataclass(frozen=True)
class _Text:
    words: str

    def __call__(self, response: Response) -> bool:
        shown = response.shown_text if response.is_html else squeeze(response.text)
        return squeeze(self.words).casefold() in shown.casefold()

    def __repr__(self) -> str:
        return f"text({self.words!r})"


def text(words: str) -> Callable[[Response], bool]:
    """Shown by a response whose text has these words, whatever their case and the white space between.

    Of a page, what stands in tags and attributes does not count, nor what stands in scripts and styles.
    """
    return _Text(words)


@dataclass(frozen=True)
class _Url:
    part: str

    def __call__(self, response: Response) -> bool:
        if "://" in self.part:
            return response.url.startswith(self.part)
        parts = urlsplit(response.url)
        place = f"{parts.path}?{parts.query}" if parts.query else parts.path
        return self.part in place or self.part in unquote(place)

    def __repr__(self) -> str:
        return f"url({self.part!r})"


def url(part: str) -> Callable[[Response], bool]:
    """Shown by a response whose address, after redirects, has `part` in it, or begins so if it is absolute.

    ``url("/account")`` looks at path and query, as they are and percent-decoded.
    """
    return _Url(part)


@dataclass(frozen=True)
class _Status:
    codes: tuple[int, ...]

    def __call__(self, response: Response) -> bool:
        return response.status in self.codes

    def __repr__(self) -> str:
        return f"status({', '.join(map(str, self.codes))})"


def status(*codes: int) -> Callable[[Response], bool]:
    """Shown by a response with one of these status codes: ``status(200)``, ``status(200, 204)``."""
    if not codes or not all(isinstance(code, int) and 100 <= code <= 599 for code in codes):
        raise ConfigError(f"{_Status(codes)} names no status codes; give some of 100 to 599, as status(200).")
    return _Status(codes)
