"""CSS selectors: read as soupsieve reads them for BeautifulSoup's ``select``, and run by libxml2."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from scraper.errors import SelectorError
from scraper.selector import plain
from scraper.selector.attributes import Untranslatable
from scraper.selector.translate import paths
from scraper.selector.xpath import Element, compile_xpath

if TYPE_CHECKING:
    from soupsieve import SoupSieve

Find = Callable[[Element], Any]

_PIECE = re.compile(r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\\.|[()\[\],]""", re.DOTALL)
_ENDING = re.compile(r"""(.*?)::(?:text|attr\(\s*["']?([\w-]+)["']?\s*\))\s*""", re.DOTALL | re.IGNORECASE)

_NAMESPACE = re.compile(r"\|(?!=)")
_SIBLINGS = re.compile(r"sibling::(?!\*\[\d+\])")
_OPEN = (" ", "\t", "\n", ">", "+", "~")

WIDE = 300
"""From so many siblings on, selectors that walk past siblings are left to soupsieve, which does it once."""

_is_wide = compile_xpath(f"boolean(parent::*/*[{WIDE}] | descendant-or-self::*/*[{WIDE}])")


@cache
def compile_css(query: str, *, first: bool = False) -> Find:
    """Compile a CSS selector, with parsel's ``::text`` and ``::attr()``; where wanted for its first match.

    What it returns gives the matches in an element: the element itself, if it matches, and all below it.
    Whatever BeautifulSoup's ``select`` accepts is accepted, and means the same.
    """
    parts = [_Part.read(part, query) for part in _split(query)]
    by_soup = _by_soup(parts, first)
    try:
        xpath = " | ".join(path for part in parts for path in part.paths(first)) or "self::*[false()]"
        return _Compiled(f"({xpath})[1]" if first else xpath, by_soup)
    except (Untranslatable, SelectorError, RecursionError):
        return by_soup


@dataclass(frozen=True, slots=True)
class _Part:
    """One selector of a list, what of its matches is wanted, and its sieve unless it is plain."""

    stated: str
    ending: str
    selectors: Iterable[Any]
    read_by_soupsieve: SoupSieve | None

    @classmethod
    def read(cls, part: str, query: str) -> _Part:
        """Read a selector that may end in ``::text`` or ``::attr()``."""
        stated, ending = without_ending(part)
        if selectors := plain.read(stated):
            return cls(stated, ending, selectors, None)
        sieve = _sieve(stated, query)
        return cls(stated, ending, sieve.selectors, sieve)

    @property
    def sieve(self) -> SoupSieve:
        """What soupsieve makes of it."""
        if self.read_by_soupsieve is not None:
            return self.read_by_soupsieve
        import soupsieve

        return soupsieve.compile(self.stated)

    def paths(self, first: bool) -> Iterator[str]:
        """Yield the XPath of each match of the selector, or of what of it is wanted."""
        if _NAMESPACE.search(self.stated):
            raise Untranslatable
        for path in paths(self.selectors, first=first, having=self.ending.lstrip("/")):
            yield f"{path}{self.ending}"


def without_ending(selector: str) -> tuple[str, str]:
    """Return what matches elements in a selector, and as XPath what of them is wanted, if not they."""
    match = _ENDING.fullmatch(selector)
    if match is None:
        return selector, ""
    stated, name = match.groups()
    stated += "" if stated and not stated.endswith(_OPEN) else "*"
    return stated, f"/@{name.lower()}" if name else "/text()"


def _sieve(selector: str, query: str) -> SoupSieve:
    import soupsieve

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # soupsieve's for :contains, which parsel calls so
            return soupsieve.compile(selector)
    except (
        soupsieve.SelectorSyntaxError,
        NotImplementedError,
        ValueError,
        TypeError,
        RecursionError,
    ) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise SelectorError(f"{query!r} is not a CSS selector: {reason}.") from error


def _split(query: str) -> Iterator[str]:
    """Yield the selectors of a list apart where ``::`` makes them differ, else the list as it is."""
    start = depth = 0
    for piece in _PIECE.finditer(query) if "::" in query else ():
        depth += (piece[0] in "([") - (piece[0] in ")]")
        if piece[0] == "," and not depth:
            yield query[start : piece.start()]
            start = piece.end()
    yield query[start:]


class _Compiled:
    """A query that libxml2 answers, but for where soupsieve had better.

    What stands inside of ``<template>`` is no part of the page; and where hundreds of siblings stand beside
    each other, libxml2 would walk past all of them again for each.
    """

    __slots__ = ("_by_soup", "_find", "_has_scope", "_walks_siblings")

    def __init__(self, xpath: str, by_soup: Find) -> None:
        self._find, self._by_soup = compile_xpath(xpath), by_soup
        self._has_scope = "$scope" in xpath
        self._walks_siblings = _SIBLINGS.search(xpath) is not None

    def __call__(self, element: Element) -> Any:
        if element.tag == "template" or (self._walks_siblings and _is_wide(element)):
            return self._by_soup(element)
        found = self._find(element, scope=element) if self._has_scope else self._find(element)
        is_outside = found or next(element.iterancestors("template"), None) is None
        return found if is_outside else self._by_soup(element)


def _by_soup(parts: list[_Part], first: bool) -> Find:
    """Return what finds the matches of `parts` by soupsieve."""

    def find(element: Element) -> list[Any]:
        from scraper.selector.soup import select

        matches = select(element, [part.sieve for part in parts])
        found = [value for match, n in matches for value in _ended(match, parts[n].ending)]
        return found[:1] if first else found

    return find


def _ended(match: Element, ending: str) -> Any:
    """Return the match, or what of it is wanted."""
    return compile_xpath(f".{ending}")(match) if ending else [match]
