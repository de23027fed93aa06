"""What a person reads on a page: its words, line by line, and which of them stand where."""

from __future__ import annotations

from collections.abc import Container, Iterator
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from lxml import etree

from scraper.forms import hides
from scraper.forms.trees import inherited, once, root_of
from scraper.selector import Element, squeeze

_HIDES = frozenset(("hidden", "hide", "d-none", "invisible", "is-hidden"))
_UNREAD = frozenset(("script", "style", "template", "noscript", "button", "select", "textarea"))
_INLINE = frozenset((
    "a", "abbr", "b", "big", "cite", "code", "em", "font", "i", "mark", "q", "s", "small", "span", "strong",
    "sub", "sup", "tt", "u",
))  # fmt: skip

_Piece = tuple[int, str]
"""The number of a paragraph, and some text of it."""


class _Span(NamedTuple):
    """Which pieces stand in an element, from and to, and whether fields do."""

    start: int
    end: int
    has_fields: bool


class Reading:
    """What a person reads on the page with this root."""

    def __init__(self, root: Element) -> None:
        reader = _Reader(root)
        self._pieces, self._letters, self._spans = reader.pieces, reader.letters, reader.spans
        self._page = self._spans.pop(root)  # not kept by element: what is known of a tree must not hold it

    def text(self, element: Element) -> str:
        """Return what a person reads in `element`."""
        start, end, _ = self._span(element)
        return squeeze(_written(self._pieces[start:end]))

    @cached_property
    def lines(self) -> list[str]:
        """What the page shows, a line for each paragraph and each ``<br>``."""
        return list(filter(None, map(squeeze, _written(self._pieces).split("\n"))))

    def letters(self, element: Element) -> int:
        """Count the characters that a person reads in `element`, but for blanks between its parts."""
        start, end, _ = self._span(element)
        return self._letters[end] - self._letters[start]

    def has_fields(self, element: Element) -> bool:
        """Whether there is something to fill in, or its label, in `element`."""
        return self._span(element).has_fields

    def outermost(self, among: Container[Element]) -> Iterator[Element]:
        """Yield those `among` the elements of the page that have text, and do not stand in another one."""
        done = 0
        for element, (start, end, _) in self._spans.items():
            if start >= done and element in among and self.letters(element):
                yield element
                done = end

    def _span(self, element: Element) -> _Span:
        return self._spans.get(element, self._page)


class _Inside(NamedTuple):
    """How it is in an element: in which paragraph, whether it is read, and what came before its content."""

    block: int
    is_read: bool
    start: int = 0
    fields: int = 0


class _Reader:
    """Goes through a page once, from its beginning to its end."""

    def __init__(self, root: Element) -> None:
        self.pieces: list[_Piece] = []
        self.letters, self._blocks, self._fields = [0], 0, 0
        self.spans: dict[Element, _Span] = {}
        self._inside = [_Inside(0, True)]
        for event, node in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
            if event == "start":
                self._enter(node)
            else:
                self._pass(node, is_element=event == "end")

    def _enter(self, element: Element) -> None:
        block, is_read, *_ = self._inside[-1]
        if element.tag == "br":
            self._add("\n")
        if element.tag not in _INLINE:
            self._blocks = block = self._blocks + 1
        self._fields += _is_field(element)
        is_read = is_read and element.tag not in _UNREAD and not _hides(element)
        self._inside.append(_Inside(block, is_read, len(self.pieces), self._fields))
        self.spans[element] = _Span(0, 0, False)
        self._say(element.text)

    def _pass(self, node: Element, *, is_element: bool) -> None:
        """Come to the end of an element, or of a comment, and to the text behind it."""
        if is_element:
            _, _, start, fields = self._inside.pop()
            self.spans[node] = _Span(start, len(self.pieces), self._fields > fields)
        self._say(node.tail)

    def _say(self, text: str | None) -> None:
        if text:
            self._add(text.replace("\n", " "))

    def _add(self, text: str) -> None:
        block, is_read, *_ = self._inside[-1]
        if is_read:
            self.pieces.append((block, text))
            self.letters.append(self.letters[-1] + len(squeeze(text)))


def _is_field(element: Element) -> bool:
    is_input = element.tag == "input" and element.get("type") != "hidden"
    return is_input or element.tag in ("select", "textarea", "label")


def _written(pieces: list[_Piece]) -> str:
    """Put pieces together, a line for each paragraph."""
    paragraphs = groupby(pieces, key=itemgetter(0))
    return "\n".join("".join(text for _, text in paragraph) for _, paragraph in paragraphs)


def text_in(element: Element) -> str:
    """Return what a person can read in `element`."""
    return read(element).text(element)


def read(element: Element) -> Reading:
    """Return what a person reads on the page of `element`, which is read once."""
    return _read(root_of(element))


_read = once(Reading)


def is_shown(element: Element) -> bool:
    """Whether neither markup nor the usual names of classes hide `element`."""
    return not _is_hidden(element)


def _hides(element: Element) -> bool:
    return hides(element) or not _HIDES.isdisjoint(element.get("class", "").split())


_is_hidden = inherited(_hides)
