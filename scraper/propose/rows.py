"""`rows_of`: the elements of a page that repeat, and hold most: the rows of its list or table."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scraper.forms import is_visible
from scraper.propose.fields import Field, fields_of
from scraper.propose.names import singular, snake
from scraper.propose.queries import classes, query_of_all
from scraper.selector import Element

FEWEST = 3
"""So many elements have to be alike to count as rows."""

SAMPLE = 5
"""So many rows of each group are looked at to compare groups."""

MOST_READ = 100
"""So many rows of a page, and of those behind it, are read for their fields."""

MOST_COUNTED = 40
MOST_GROUPS = 60
NAMED = 1.1
"""What rows with a class count, next to what only wraps them."""

ASIDE = 0.1
"""What a list in a navigation, a footer or a sidebar counts, next to one in the main part."""

_ROW_TAGS = frozenset({
    "tr", "li", "article", "section", "div", "a", "dl", "tbody", "figure", "details", "option-card",
})  # fmt: skip
_ASIDE_TAGS = frozenset(("nav", "header", "footer", "aside", "form", "fieldset", "select", "dialog", "menu"))
_ASIDE_WORDS = re.compile(
    r"nav|menu|breadcrumb|crumbs|footer|sidebar|pager|paginat|tabs|toolbar|filter|social|cookie|masthead|related",
    re.IGNORECASE,
)
_PLAIN = frozenset({
    "row", "item", "col", "column", "card", "cell", "box", "entry", "result", "list_item", "tile",
    "block", "record", "record_row", "line", "wrapper", "inner",
})  # fmt: skip


@dataclass(frozen=True)
class Rows:
    """The rows of a page: their selector, the elements, and what speaks for them."""

    query: str
    elements: tuple[Element, ...]
    score: float

    @property
    def name(self) -> str:
        """What one row is called, by its class; empty where nothing names it."""
        found = classes(self.elements[0])
        names = [singular(snake(name)) for name in found]
        return next((name for name in names if name not in _PLAIN and not name.endswith("_row")), "")

    def fields(self, more: Sequence[Element] = ()) -> list[Field]:
        """Return the fields of the rows, and of `more` of another page."""
        return fields_of([*self.elements[:MOST_READ], *more[:MOST_READ]], name=self.name)


def rows_of(tree: Element) -> Rows | None:
    """Return the rows of a page; ``None`` where nothing on it repeats that holds more than a link."""
    groups = sorted(_groups(tree), key=_size, reverse=True)[:MOST_GROUPS]
    scored = [(_score(group), group) for group in groups]
    for score, group in sorted(scored, key=lambda pair: pair[0], reverse=True):
        rows = Rows(query_of_all(group) if score > 0 else "", tuple(group), score)
        if rows.query and rows.fields():
            return rows
    return None


def _groups(tree: Element) -> Iterator[list[Element]]:
    """Yield the elements that are alike: of one tag, below parents that are alike, and with one class."""
    alike: dict[tuple[object, ...], list[Element]] = defaultdict(list)
    for element in tree.iter("*"):
        if element.tag in _ROW_TAGS:
            alike[(element.tag, *_context(element))].append(element)
    for elements in alike.values():
        yield from _by_class([element for element in elements if _is_row(element)])


def _by_class(elements: list[Element]) -> Iterator[list[Element]]:
    if len(elements) < FEWEST:
        return
    counts = Counter(name for element in elements for name in set(classes(element)))
    yield elements
    seen = {len(elements)}
    for name, count in counts.most_common():
        if count >= FEWEST and count not in seen:
            seen.add(count)
            yield [element for element in elements if name in element.get("class", "").split()]


def _context(element: Element) -> tuple[object, ...]:
    around = [(one.tag, tuple(classes(one)[:1])) for one in element.iterancestors()]
    return tuple(around[:3])


def _is_row(element: Element) -> bool:
    if element.tag == "tr":
        return next(element.iterchildren("td"), None) is not None
    return is_visible(element)


def _size(group: Sequence[Element]) -> int:
    sample = group[:SAMPLE]
    return min(len(group), MOST_COUNTED) * sum(1 for row in sample for _ in row.iter("*")) // len(sample)


def _score(group: Sequence[Element]) -> float:
    """Return how much a group holds: fields times rows, less where it stands aside."""
    fields = fields_of(group[:SAMPLE])
    texts = [field for field in fields if not field.attribute or field.attribute == "title"]
    if not texts:
        return 0.0
    weight = sum(map(_weight, fields)) * (0.5 if len(texts) < 2 else 1.0)
    weight *= NAMED if any(map(classes, group[:SAMPLE])) else 1.0
    held: float = weight * min(len(group), MOST_COUNTED) ** 0.7
    return held * (ASIDE if _is_aside(group[0]) else 1.0)


def _weight(field: Field) -> float:
    """Return what a field counts: texts more than links, and what is not in each row less."""
    return (0.5 if field.attribute in ("href", "src", "data-src") else 1.0) * (
        0.3 if field.is_optional else 1.0
    )


def _is_aside(element: Element) -> bool:
    for one in (element, *element.iterancestors()):
        if one.tag in ("body", "main"):
            return False
        named = f"{one.get('id', '')} {one.get('class', '')} {one.get('role', '')}"
        is_form = one.tag == "form" and next(one.iterdescendants("table"), None) is not None
        if (one.tag in _ASIDE_TAGS and not is_form) or _ASIDE_WORDS.search(named):
            return True
    return False
