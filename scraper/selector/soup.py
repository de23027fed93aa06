"""What XPath cannot say, soupsieve looks for itself: in a BeautifulSoup copy of the page's one tree.

The copy of a page is made when a selector first needs it, and kept until the thread needs that of another.
"""

from __future__ import annotations

import threading

import soupsieve
from bs4 import BeautifulSoup, Comment, Tag
from lxml import etree

from scraper.selector.xpath import Element

_latest = threading.local()


class SoupOf:
    """A tree as BeautifulSoup, which knows whose copy each tag is. Later changes of the tree are not seen."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self.soup = BeautifulSoup("", "lxml")
        self.soup.reset()
        self._tags: dict[Element, Tag] = {}
        self._elements: dict[int, Element] = {}
        self._copy()

    def _copy(self) -> None:
        walk = etree.iterwalk(self.root, events=("start", "end", "comment", "pi"))
        for event, node in walk:
            if event == "start":
                self._open(node)
                continue
            if event == "end":
                self.soup.handle_endtag(str(node.tag))
            elif event == "comment":
                self.soup.endData()
                self.soup.handle_data(node.text or "")
                self.soup.endData(Comment)
            if node.tail and node is not self.root:
                self.soup.handle_data(node.tail)
        self.soup.endData()

    def _open(self, node: Element) -> None:
        attributes = {str(name): str(value) for name, value in node.attrib.items()}
        tag = self.soup.handle_starttag(str(node.tag), None, None, attributes)
        assert tag is not None
        self._tags[node], self._elements[id(tag)] = tag, node
        if node.text:
            self.soup.handle_data(node.text)

    def __contains__(self, element: Element) -> bool:
        return element in self._tags

    def select(self, element: Element, sieves: list[soupsieve.SoupSieve]) -> list[tuple[Element, int]]:
        """Return the matches of each of `sieves`, with its number, in the order of the page."""
        found = [(tag, n) for n, sieve in enumerate(sieves) for tag in self._select(element, sieve)]
        places = {id(tag): place for place, tag in enumerate(self._tags.values())} if len(sieves) > 1 else {}
        found.sort(key=lambda match: places.get(id(match[0]), 0))
        return [(self._elements[id(tag)], n) for tag, n in found]

    def _select(self, element: Element, sieve: soupsieve.SoupSieve) -> list[Tag]:
        if element is self.root:
            return list(sieve.select(self.soup))
        tag = self._tags[element]
        return [*([tag] if sieve.match(tag) else []), *sieve.select(tag)]


def select(element: Element, sieves: list[soupsieve.SoupSieve]) -> list[tuple[Element, int]]:
    """Return the matches in `element`, itself included, of each of `sieves`, with its number."""
    root = element.getroottree().getroot()
    latest: SoupOf | None = getattr(_latest, "soup", None)
    if latest is None or latest.root is not root or element not in latest:
        latest = _latest.soup = SoupOf(root)
    return latest.select(element, sieves)
