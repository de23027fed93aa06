"""CSS selectors for elements of a page, as a person would write them: short, and by names that last."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from scraper.selector import Element, compile_css

_PLAIN = re.compile(r"-?[a-zA-Z_][a-zA-Z_-]*", re.ASCII)
_PASSING = re.compile(
    r"(odd|even|alt|first|last|active|current|selected|hover|open|closed|show|new|is-.*|has-.*)",
    re.IGNORECASE,
)
_UTILITY = re.compile(
    r"(m|p)[trblxy]?-.*|(text|font|bg|border|flex|grid|col|row|d|w|h|min|max|items|justify|gap|rounded|shadow)-.*|"
    r"flex|grid|row|col|container|clearfix|block|inline|hidden|pull-(left|right)",
    re.IGNORECASE,
)
NAMING = ("itemprop", "data-testid", "data-test", "data-field", "data-name")


def classes(element: Element) -> tuple[str, ...]:
    """Return the classes by which an element is known: no numbers, no states, no layout."""
    return _lasting(element.get("class", ""))


@lru_cache(maxsize=4096)
def _lasting(names: str) -> tuple[str, ...]:
    found = (name for name in names.split() if _PLAIN.fullmatch(name))
    return tuple(name for name in found if not _PASSING.fullmatch(name) and not _UTILITY.fullmatch(name))


def given_name(element: Element) -> str:
    """Return the name that an element is given for programs, if it is."""
    return next(
        (value for name in NAMING if (value := element.get(name, "")) and _PLAIN.fullmatch(value)), ""
    )


def identifier(element: Element) -> str:
    """Return the id of an element, if it is one that lasts."""
    value = element.get("id", "")
    return value if _PLAIN.fullmatch(value) else ""


def own(element: Element) -> Iterator[str]:
    """Yield selectors of an element by itself, the best first."""
    tag = str(element.tag)
    if name := identifier(element):
        yield f"#{name}"
    for attribute in NAMING:
        if (value := element.get(attribute, "")) and _PLAIN.fullmatch(value):
            yield f'[{attribute}="{value}"]'
    for name in classes(element):
        yield f"{tag}.{name}"
    yield tag


def position(element: Element) -> int:
    """Return the place of an element among its siblings of the same tag, from 1."""
    return 1 + sum(1 for _ in element.itersiblings(element.tag, preceding=True))


def selects(query: str, place: Element, elements: Sequence[Element]) -> bool:
    """Whether a selector matches these elements of a page, in this order, and nothing else."""
    return list(compile_css(query)(place)) == list(elements)


def query_of_all(elements: Sequence[Element]) -> str:
    """Return the shortest selector that matches these elements of a page and no other; empty for none."""
    root = elements[0].getroottree().getroot()
    for query in _of_all(elements):
        if selects(query, root, elements):
            return query
    return ""


def _of_all(elements: Sequence[Element]) -> Iterator[str]:
    """Yield selectors that match at least these elements: by themselves, then by what is around them."""
    first = elements[0]
    shared = [
        name for name in classes(first) if all(name in other.get("class", "").split() for other in elements)
    ]
    owns = [f"{first.tag}.{name}" for name in shared] or [str(first.tag)]
    if len(shared) > 1:
        owns.append(f"{first.tag}.{'.'.join(shared)}")
    if first.tag == "tr":
        yield from _of_table_rows(first)
    yield from owns
    below = [f"{one}:has(> td)" for one in owns] if first.tag == "tr" else []
    around = [parent for parent in first.iterancestors() if _holds(parent, elements)]
    for parent in around:
        for named in own(parent):
            for one in (*owns, *below):
                yield f"{named} > {one}" if parent is first.getparent() else f"{named} {one}"
    for parent in around[:1]:
        for named in own(parent):
            for outer in around[1:4]:
                for outer_name in own(outer):
                    yield from (f"{outer_name} {named} {one}" for one in (*owns, *below))


def _of_table_rows(row: Element) -> Iterator[str]:
    """Yield selectors of the rows of a table that has a name."""
    table = next(row.iterancestors("table"), None)
    for named in own(table) if table is not None else ():
        if named != "table":
            yield from (f"{named} tbody tr", f"{named} tr:has(td)")


def _holds(parent: Element, elements: Sequence[Element]) -> bool:
    return all(any(parent is one for one in element.iterancestors()) for element in elements)
