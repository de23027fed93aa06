"""The selector nearest to one that has ceased to match: a suggestion for a person, never used by a crawl.

What it matched on a page from before is looked for on a page of now: an element of the same tag, with names
that resemble the old ones, with text of the same shape, in a like place.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any

from scraper.selector import Element, Selector, compile_css, text_of, without_ending

ROWS = 5
"""So many rows of a page are looked at."""

MOST_ELEMENTS = 2_000
"""So many elements of a row are looked at."""

ENOUGH = 4.0
"""A candidate that resembles less is none."""

_NAMING = (
    "itemprop",
    "data-testid",
    "data-test",
    "data-field",
    "data-name",
    "name",
    "property",
    "aria-label",
)
_PLAIN = re.compile(r"-?[a-zA-Z_][\w-]*", re.ASCII)


def nearest(before: Element, now: Element, selector: Selector, *, rows: Selector | None = None) -> str | None:
    """Return a CSS selector for `now` of what `selector` matches in `before`; ``None``: nothing is like it.

    Both are whole pages; `rows` finds the elements in which to search.
    """
    selector = _of_element(selector)
    model = _first(before, selector, rows)
    places = _places(now, rows)
    if model is None or not places:
        return None
    best = Counter[str]()
    for place in places:
        scored = [(_likeness(model, element, selector), element) for element in _inside(place)]
        score, element = max(scored, key=lambda pair: pair[0], default=(0.0, place))
        if score >= ENOUGH and (query := _query(place, element)):
            best[query] += 1
    return _with_attribute(best.most_common(1)[0][0], selector) if best else None


def nearest_rows(before: Element, now: Element, rows: Selector) -> str | None:
    """Return a CSS selector for the elements of `now` that are most like the rows of `before`."""
    models = rows.elements(before)
    if not models:
        return None
    groups: dict[str, list[Element]] = {}
    for element in _inside(now):
        groups.setdefault(_own_query(element), []).append(element)
    model, wanted = models[0], len(models)
    scores = {
        query: max(_likeness(model, element, rows) for element in elements[:ROWS])
        + 2 * min(len(elements), wanted) / max(len(elements), wanted)
        for query, elements in groups.items()
    }
    query = max(scores, key=lambda query: scores[query], default="")
    return query if query and scores[query] >= ENOUGH else None


def _of_element(selector: Selector) -> Selector:
    """Return the selector of the element from which ``::text`` or ``::attr()`` takes its text."""
    stated, ending = without_ending(selector.query) if selector.language == "css" else ("", "")
    return Selector("css", stated, attr=ending.partition("@")[2] or None) if ending else selector


def _first(page: Element, selector: Selector, rows: Selector | None) -> Element | None:
    return next((match for place in _places(page, rows) for match in selector.elements(place)), None)


def _places(page: Element, rows: Selector | None) -> list[Element]:
    return [page] if rows is None else rows.elements(page)[:ROWS]


def _inside(place: Element) -> Iterator[Element]:
    """Yield the elements below `place`, up to a number."""
    for number, element in enumerate(place.iterdescendants("*")):
        if number >= MOST_ELEMENTS:
            return
        yield element


def _likeness(model: Element, element: Element, selector: Selector) -> float:
    """Return how much an element resembles the one that was matched before, 0 to 10."""
    if selector.attr is not None and element.get(selector.attr) is None:
        return 0.0
    tag = 1.0 if model.tag == element.tag else 0.0
    names = 3 * _alike(_names(model), _names(element))
    shape = 3 * _same_shape(model, element)
    place = _alike(_names(model.getparent()), _names(element.getparent()))
    depth = 1.0 if len(model) == len(element) else 0.0
    return tag + names + shape + place + depth


def _names(element: Any) -> set[str]:
    """Return what an element is called: its classes, its id, and attributes that name a field."""
    if element is None:
        return set()
    named = [element.get(name) for name in ("id", *_NAMING)]
    return {*element.get("class", "").split(), *filter(None, named)}


def _alike(these: set[str], those: set[str]) -> float:
    """Return how much the best pair of names resembles each other, 0 to 1; nothing named on both sides: 1."""
    if not these or not those:
        return 1.0 if these == those else 0.0
    return max(SequenceMatcher(None, _folded(one), _folded(two)).ratio() for one in these for two in those)


def _folded(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _same_shape(model: Element, element: Element) -> float:
    """Return 1 where the texts read alike: digits at the places of digits, letters at those of letters."""
    texts = text_of(model), text_of(element)
    if not all(texts):
        return 0.5 if texts[0] == texts[1] else 0.0
    if max(map(len, texts)) > 4 * min(map(len, texts)) + 20:
        return 0.0
    return SequenceMatcher(None, _shape(texts[0]), _shape(texts[1])).ratio()


def _shape(text: str) -> str:
    return re.sub(r"0+", "0", re.sub(r"\d", "0", re.sub(r"[^\W\d_]+", "a", text[:200])))


def _query(place: Element, element: Element) -> str:
    """Return the shortest selector of which `element` is the first match in `place`; empty for none."""
    own, parent = _own_query(element), element.getparent()
    around = f"{_own_query(parent)} > {own}" if parent is not None and parent is not place else own
    nth = f"{around}:nth-of-type({_position(element)})"
    for query in (own, around, nth):
        if next(iter(compile_css(query)(place)), None) is element:
            return query
    return ""


def _own_query(element: Element) -> str:
    """Return a selector of an element by itself: its class, or what names it, or its tag."""
    tag = str(element.tag)
    classes = [name for name in element.get("class", "").split() if _PLAIN.fullmatch(name)]
    if classes:
        return tag + "".join(f".{name}" for name in classes[:2])
    for name in _NAMING:
        if (value := element.get(name)) and '"' not in value and "\\" not in value:
            return f'{tag}[{name}="{value}"]'
    return tag


def _position(element: Element) -> int:
    return 1 + sum(1 for other in element.itersiblings(element.tag, preceding=True))


def _with_attribute(query: str, selector: Selector) -> str:
    """Say it as the field would: with the attribute that was read."""
    return f"{query}::attr({selector.attr})" if selector.attr else query
