"""Selectors: CSS and XPath compiled once, and the text or attribute they give."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from cssselect import SelectorError as CssError
from lxml import etree
from parsel import xpathfuncs
from parsel.csstranslator import HTMLTranslator

from scraper.errors import SelectorError
from scraper.request import join

Element = etree._Element
Pattern = re.Pattern[str]

ADDRESSES = frozenset(
    {"action", "background", "cite", "data", "formaction", "href", "longdesc", "poster", "src"}
)
MISSING: Any = type("Missing", (), {"__repr__": lambda self: "MISSING"})()

_NAMESPACES = {"re": "http://exslt.org/regular-expressions", "set": "http://exslt.org/sets"}
_string = etree.XPath("string()", smart_strings=False)

xpathfuncs.setup()


@dataclass(frozen=True)
class Selector:
    """Where a value stands on a page, and how it is cut out; what `css` and `xpath` put into a field."""

    language: str
    query: str
    attr: str | None = None
    re: str | None = None
    default: Any = MISSING

    def __post_init__(self) -> None:
        self.find, self.pattern  # noqa: B018 - what does not compile is found where it is written

    @cached_property
    def find(self) -> Callable[[Element], Any]:
        """The compiled query."""
        return compile_css(self.query) if self.language == "css" else compile_xpath(self.query)

    @cached_property
    def pattern(self) -> Pattern | None:
        """The compiled `re`."""
        return None if self.re is None else compile_pattern(self.re)

    @cached_property
    def _find_first(self) -> Callable[[Element], Any] | None:
        """The compiled query for the first match alone, which spares an object for each of the others."""
        return compile_css(self.query, first=True) if self.language == "css" else None

    def values(self, element: Element, base_url: str) -> Iterator[str]:
        """Yield the text of every match below `element`; addresses come absolute."""
        found = self.find(element)
        for match in found if isinstance(found, list) else [found]:
            text = self._text(match, base_url)
            if text is not None and (text := self._cut(text)) is not None:
                yield text

    def first(self, element: Element, base_url: str) -> str | None:
        """Return the first of `values`, ``None`` where there is none."""
        if self._find_first is not None:
            for match in self._find_first(element):
                text = self._text(match, base_url)
                if text is not None and (text := self._cut(text)) is not None:
                    return text
                break
            else:
                return None
        return next(self.values(element, base_url), None)

    def elements(self, element: Element) -> list[Element]:
        """Return the matching elements below `element`."""
        return [match for match in self.find(element) if isinstance(match, etree._Element)]

    def _text(self, match: Any, base_url: str) -> str | None:
        if isinstance(match, etree._Element):
            return text_of(match) if self.attr is None else attribute(match, self.attr, base_url)
        name = getattr(match, "attrname", None)
        return absolute(name, str(match), base_url) if name else squeeze(str(match))

    def _cut(self, text: str) -> str | None:
        if self.pattern is None:
            return text
        match = self.pattern.search(text)
        return match[1 if self.pattern.groups else 0] if match else None

    def __repr__(self) -> str:
        options = "".join(f", {name}={value!r}" for name in ("attr", "re") if (value := getattr(self, name)))
        return f"{self.language}({self.query!r}{options})"


@cache
def compile_css(query: str, *, first: bool = False) -> Callable[[Element], Any]:
    """Compile a CSS selector, with parsel's ``::text`` and ``::attr()``; where wanted for its first match."""
    try:
        xpath = _faster(HTMLTranslator().css_to_xpath(query))
        return compile_xpath(f"({xpath})[1]" if first else xpath)
    except CssError as error:
        raise SelectorError(f"{query!r} is not a CSS selector: {error}.") from error


_BY_CLASS = re.compile(
    r"(descendant(?:-or-self)?::\*)\[@class and (?:contains\(@class, '[^']*'\) and )?"
    r"(?=contains\(concat\(' ', normalize-space\(@class\), ' '\), ' ([^' ]+) '\))"
)
_BY_ID = re.compile(r"(descendant(?:-or-self)?::\*)\[@id = '([^']*)'")


def _faster(xpath: str) -> str:
    """Let libxml2 look for attributes, of which there are few, rather than ask each element for one.

    Half the time for ``.price``, a fifth for ``#main``. Where elements are counted, the parent of an
    attribute would always be the first one; such expressions stay as they are.
    """
    if "position()" in xpath or "last()" in xpath:
        return xpath
    xpath = _BY_CLASS.sub(r"\1/@class[contains(., '\2')]/parent::*[", xpath)
    return _BY_ID.sub(r"\1/@id[. = '\2']/parent::*[@id", xpath)


@cache
def compile_xpath(query: str) -> Callable[[Element], Any]:
    """Compile an XPath 1.0 expression, with the EXSLT functions that parsel knows."""
    try:
        return etree.XPath(query, namespaces=_NAMESPACES)
    except etree.XPathError as error:
        raise SelectorError(f"{query!r} is not an XPath expression: {error}.") from error


def compile_pattern(pattern: str) -> Pattern:
    """Compile a regular expression."""
    try:
        return re.compile(pattern)
    except re.error as error:
        raise SelectorError(f"{pattern!r} is not a regular expression: {error}.") from error


def squeeze(text: str) -> str:
    """Collapse white space, as a browser does when it shows `text`."""
    return " ".join(text.split())


def text_of(element: Element) -> str:
    """Return the text of `element` and all below it, white space collapsed."""
    text = str(_string(element)) if len(element) else element.text
    return squeeze(text) if text else ""


def texts_in(element: Element, is_unread: Callable[[Element], bool]) -> Iterator[str]:
    """Yield each text below `element`, in the order of the page, but for what stands in an unread element.

    XPath takes the square of the time for ``//text()``.
    """
    walk = etree.iterwalk(element, events=("start", "end", "comment", "pi"))
    for event, node in walk:
        if event != "start":
            yield (node.tail or "") if node is not element else ""
        elif node is not element and is_unread(node):
            walk.skip_subtree()
        else:
            yield node.text or ""


def attribute(element: Element, name: str, base_url: str) -> str | None:
    """Return an attribute's value, absolute where it is an address, ``None`` where it is not there."""
    value = element.get(name)
    return None if value is None else absolute(name, value, base_url)


def absolute(name: str, value: str, base_url: str) -> str:
    """Resolve the value of the attribute `name` against `base_url`, where it is an address."""
    return join(base_url, value) if name in ADDRESSES else value
