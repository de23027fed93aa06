"""The text and the attributes of an element, as a reader sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lxml import etree

from scraper.request import join
from scraper.selector.xpath import Element

ADDRESSES = frozenset(
    {"action", "background", "cite", "data", "formaction", "href", "longdesc", "poster", "src"}
)

_UNSEEN = ("script", "style", "template")
_string = etree.XPath("string()", smart_strings=False)


def squeeze(text: str) -> str:
    """Collapse white space, as a browser does when it shows `text`."""
    return " ".join(text.split())


def text_of(element: Element) -> str:
    """Return the text of `element` and all below it, white space collapsed."""
    return squeeze(raw_text_of(element))


def raw_text_of(element: Element) -> str:
    """Return the text of `element` and all below it as it stands there.

    Scripts, styles and templates count only where they are what is asked for, as in BeautifulSoup's
    ``get_text``.
    """
    if not len(element):
        return element.text or ""
    if element.tag in _UNSEEN or next(element.iterdescendants(*_UNSEEN), None) is None:
        return str(_string(element))
    return "".join(texts_in(element, _is_unseen))


def pieces_of(element: Element) -> Iterator[str]:
    """Yield the pieces of text below `element` that tags part from each other, white space collapsed."""
    for text in texts_in(element, _is_unseen):
        if piece := squeeze(text):
            yield piece


def _is_unseen(element: Element) -> bool:
    return element.tag in _UNSEEN


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
