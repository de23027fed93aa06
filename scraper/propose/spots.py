"""`Spot`: a place in each row at which something stands, and what stands there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from scraper.forms import is_visible
from scraper.propose.queries import classes, given_name, position
from scraper.selector import Element

MOST_ELEMENTS = 150
"""So many elements of a row are looked at."""

_PASSED_OVER = frozenset({
    "script", "style", "template", "svg", "button", "select", "option", "textarea", "input", "label",
    "form", "noscript", "iframe", "br", "hr",
})  # fmt: skip
_ENTRIES = frozenset(("li", "dd", "dt"))
HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))


class Path(NamedTuple):
    """The way from a row to an element, and which of its attributes; empty: its text."""

    steps: tuple[str, ...]
    attribute: str


@dataclass
class Spot:
    """The elements at one path, by the number of their row."""

    path: Path
    elements: dict[int, list[Element]] = field(default_factory=dict)

    @property
    def first(self) -> Element:
        """The first of its elements."""
        return next(iter(self.elements.values()))[0]

    @property
    def is_many(self) -> bool:
        """Whether a row has several."""
        return any(len(found) > 1 for found in self.elements.values())


def spots_of(rows: Sequence[Element]) -> list[Spot]:
    """Return the places at which rows have texts, links and pictures, in the order of the page."""
    spots: dict[Path, Spot] = {}
    for number, row in enumerate(rows):
        for path, element in _places(row):
            spots.setdefault(path, Spot(path)).elements.setdefault(number, []).append(element)
    return list(spots.values())


def _places(row: Element) -> Iterator[tuple[Path, Element]]:
    for element, steps in _inside(row):
        if has_own_text(element) and not _is_part(element, row):
            yield Path(steps, ""), element
        for attribute in _attributes(element):
            yield Path(steps, attribute), element


def _inside(row: Element) -> Iterator[tuple[Element, tuple[str, ...]]]:
    """Yield a row and the visible elements in it, up to a number, each with the way to it."""
    ways: dict[Element, tuple[str, ...]] = {row: ()}
    alike: dict[Element, Counter[str]] = {}
    yield row, ()
    for element in islice(row.iterdescendants("*"), MOST_ELEMENTS):
        parent = element.getparent()
        if parent is None or parent not in ways or element.tag in _PASSED_OVER or not is_visible(element):
            continue
        if parent not in alike:
            alike[parent] = Counter(str(other.tag) for other in parent if not classes(other))
        ways[element] = (*ways[parent], _step(element, alike[parent]))
        yield element, ways[element]


def _step(element: Element, alike: Counter[str]) -> str:
    """Return how an element is known among its siblings: by its name or class, or else by its place.

    `alike` counts the siblings without a class by their tags. Entries of a list are as good as each other.
    """
    if named := given_name(element) or ".".join(classes(element)[:1]):
        return f"{element.tag}.{named}"
    is_alone = alike[str(element.tag)] == 1 and element.tag not in ("td", "th")
    if element.tag in _ENTRIES or is_alone:
        return str(element.tag)
    return f"{element.tag}:nth-of-type({position(element)})"


def has_own_text(element: Element) -> bool:
    """Whether text stands right in an element, and not only in those below it."""
    return bool(own_text(element).strip())


def own_text(element: Element) -> str:
    """Return the text that stands right in an element."""
    return (element.text or "") + "".join(child.tail or "" for child in element)


def _is_part(element: Element, row: Element) -> bool:
    """Whether an element without a name of its own is a piece of a text around it."""
    if element is row or classes(element) or given_name(element):
        return False
    parent = element.getparent()
    return (
        parent is not None and parent is not row and has_own_text(parent) and element.tag not in ("a", "time")
    )


def _attributes(element: Element) -> Iterator[str]:
    if element.tag == "a" and element.get("href", "").strip("# "):
        yield "href"
    if element.tag == "time" and element.get("datetime"):
        yield "datetime"
    if element.tag == "img":
        yield from (name for name in ("data-src", "src") if element.get(name, "data:")[:5] != "data:")
