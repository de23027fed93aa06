"""`Nodes`: a parsel selector that accepts every CSS selector that BeautifulSoup does."""

from __future__ import annotations

from typing import Any

from lxml import etree
from parsel import Selector as ParselSelector
from parsel import SelectorList

from scraper.selector.css import compile_css


class Nodes(ParselSelector):
    """A parsel selector whose ``css`` reads CSS as all other selectors here are read."""

    def css(self, query: str) -> Any:
        """Return parsel selectors for all matches of a CSS selector, this element's own included."""
        if not isinstance(self.root, etree._Element) or self.type == "xml":
            return super().css(query)
        found = compile_css(query)(self.root)
        return SelectorList([self._of(match, query) for match in found])

    def _of(self, match: Any, query: str) -> Nodes:
        root = match if isinstance(match, etree._Element) else str(match)
        return type(self)(root=root, _expr=query, namespaces=self.namespaces, type=self.type)
