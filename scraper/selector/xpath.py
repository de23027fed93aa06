"""XPath expressions and regular expressions, compiled once; what does not compile is a `SelectorError`."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from lxml import etree

from scraper.errors import SelectorError

Element = etree._Element
Pattern = re.Pattern[str]

_NAMESPACES = {"re": "http://exslt.org/regular-expressions", "set": "http://exslt.org/sets"}


@cache
def compile_xpath(query: str) -> Callable[..., Any]:
    """Compile an XPath 1.0 expression, with the EXSLT functions that parsel knows."""
    if "has-class" in query:
        _know_has_class()
    try:
        return etree.XPath(query, namespaces=_NAMESPACES)
    except (etree.XPathError, TypeError, ValueError) as error:
        raise SelectorError(f"{query!r} is not an XPath expression: {error}.") from error


@cache
def _know_has_class() -> None:
    """Teach XPath the function that parsel adds to it."""
    from parsel import xpathfuncs

    xpathfuncs.setup()


def compile_pattern(pattern: str) -> Pattern:
    """Compile a regular expression."""
    try:
        return re.compile(pattern)
    except re.error as error:
        raise SelectorError(f"{pattern!r} is not a regular expression: {error}.") from error
