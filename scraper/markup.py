"""Trees of HTML and XML, whatever the site sends: linear in time, and no deeper than can be walked.

libxml2 stops reading HTML where elements nest deeper than 2048, and takes the square of the time for an
element of many attributes. What comes to that is built anew, event by event.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import lxml.html
from lxml import etree

DEEPEST = 512
"""So deep elements nest in a page that nests too deep; those further down become siblings, as in Chromium."""

MOST_ATTRIBUTES = 1024
"""So many attributes are read of an element that is crowded with them."""

_STRIDE = 8192
_ATTRIBUTE = rb"""[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>]*+))?+"""
_TAG = re.compile(rb"<[a-zA-Z][^\s/>]*+(?:%b){0,%d}+(%b)?+" % (_ATTRIBUTE, MOST_ATTRIBUTES, _ATTRIBUTE))
"""A tag without its end, and in group 1 the first attribute that is one too many."""

_UNKNOWN = "\N{REPLACEMENT CHARACTER}"
_REFERENCE = re.compile("&#(x[0-9a-fA-F]{1,9}|[0-9]{1,9});")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def parse_html(content: bytes) -> etree._Element:
    """Return the tree of a page in UTF-8. An empty body is an empty page."""
    if _is_crowded(content):
        return _rebuilt(content)
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True)
    try:
        tree = lxml.html.document_fromstring(content, parser=parser)
    except etree.ParserError:
        return _empty_page()
    return _rebuilt(content) if _was_cut_short(parser) else tree


def parse_xml(content: bytes) -> etree._Element:
    """Return the tree of what `clean_xml` gave; what is broken is mended as far as it goes.

    No entity is expanded, no DTD loaded, nothing fetched. Raises `ValueError` where nothing can be read, or
    not to the end.
    """
    parser = etree.XMLParser(
        encoding="utf-8", recover=True, huge_tree=True, resolve_entities=False, no_network=True
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        root = None
    if _was_cut_short(parser):
        raise ValueError("it nests too deep, or its entities would grow too large")
    if root is None:
        raise ValueError("it has no element")
    return root


def clean_xml(text: str) -> bytes:
    """Return a document in UTF-8 with U+FFFD for what XML does not have, and libxml2 trips over."""
    text = _NOT_XML.sub(_UNKNOWN, text)
    return _REFERENCE.sub(_known_reference, text).encode()


def _known_reference(reference: re.Match[str]) -> str:
    number = reference[1]
    code = int(number[1:], 16) if number[0] == "x" else int(number)
    is_known = code <= sys.maxunicode and not _NOT_XML.match(chr(code))
    return reference[0] if is_known else _UNKNOWN


def _was_cut_short(parser: etree._FeedParser) -> bool:
    last = parser.error_log.last_error
    return last is not None and last.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT


def _is_crowded(content: bytes) -> bool:
    """Whether a tag has more attributes than are read; costs next to nothing on an ordinary page."""
    return any(tag[1] for place in _places_without_end(content) for tag in _TAG.finditer(content, *place))


def _places_without_end(content: bytes) -> Iterator[tuple[int, int]]:
    """Yield the long stretches in which no element is closed; each one begins where the last element was."""
    at = 0
    while at < len(content):
        end = content.find(b"</", at, at + _STRIDE)
        if end < 0:
            end = content.find(b"</", at)
            end = len(content) if end < 0 else end
            yield max(content.rfind(b"</", 0, at), 0), end
            at = end
        at += _STRIDE


def _rebuilt(content: bytes) -> etree._Element:
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True, target=_Builder())
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        return _empty_page()
    return root if isinstance(root.tag, str) else _empty_page()


def _empty_page() -> etree._Element:
    return lxml.html.document_fromstring(b"<html><body></body></html>")


class _Builder:
    """Builds a tree from what a parser tells, within bounds."""

    def __init__(self) -> None:
        self._tree = etree.TreeBuilder(parser=lxml.html.HTMLParser())
        self._depth, self._too_deep = 0, ""
        self.data, self.comment, self.close = self._tree.data, self._tree.comment, self._tree.close

    def start(self, tag: Any, attributes: Mapping[Any, Any]) -> None:
        """Begin an element; one that is too deep ends where the next such begins."""
        self._depth += 1
        if self._depth > DEEPEST:
            self._end_too_deep()
            self._too_deep = tag
        self._tree.start(tag, dict(islice(attributes.items(), MOST_ATTRIBUTES)))

    def end(self, tag: Any) -> None:
        """End an element that has not ended."""
        if self._depth <= DEEPEST:
            self._tree.end(tag)
        else:
            self._end_too_deep()
        self._depth -= 1

    def _end_too_deep(self) -> None:
        if self._too_deep:
            self._tree.end(self._too_deep)
            self._too_deep = ""
