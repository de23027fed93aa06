"""Items beside the same items at another time: which fields differ, and how to show it to a person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from scraper.item import Reject
from scraper.item.hits import ROWS
from scraper.record import dump, load, tidy
from scraper.redact import MASK

MOST = 100
"""Characters of a value that are shown at most."""

BEFORE = 20
"""Characters that are shown of what two long values have in common before they part."""


class _Absent:
    """Stands in where an item has no such field at all."""

    def __repr__(self) -> str:
        return "no field"


ABSENT: Any = _Absent()


def fields_that_differ(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Yield name, old and new value of each field that is not the same; `ABSENT` where there is none."""
    for name in {**old, **new}:
        was, now = old.get(name, ABSENT), new.get(name, ABSENT)
        if not is_same(was, now):
            yield name, was, now


def is_same(old: Any, new: Any) -> bool:
    """Whether two values of JSON are the same. What a page hides behind stars now may have been anything."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(is_same(old[name], new[name]) for name in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(is_same, old, new))
    if isinstance(old, str) and isinstance(new, str) and MASK in new:
        return _fits(old, new.split(MASK))
    return type(old) is type(new) and bool(old == new)


def _fits(text: str, parts: Sequence[str]) -> bool:
    """Whether `text` consists of these parts in turn, with anything between them."""
    first, *middle, last = parts
    at, end = len(first), len(text) - len(last)
    if at > end or not text.startswith(first) or not text.endswith(last):
        return False
    for part in middle:
        if (found := text.find(part, at, end)) < 0:
            return False
        at = found + len(part)
    return True


def rows_by_type(items: Iterable[tuple[str, str]], rejects: Iterable[Reject]) -> dict[str, list[Any]]:
    """Return items, given as type and JSON, by type, each at the position of its row on the page."""
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for type, text in items:
        found[type].append(load(tidy(text)))
    rejected: defaultdict[str, set[int]] = defaultdict(set)
    for reject in rejects:
        if reject.field != ROWS:
            rejected[reject.type].add(reject.n)
    return {type: in_rows(found[type], rejected[type]) for type in {**found, **rejected}}


def in_rows(items: Sequence[Any], rejected: Collection[int]) -> list[Any]:
    """Return items at the positions of their rows, with ``None`` for the rows that were rejected."""
    rows: list[Any] = []
    for item in items:
        while len(rows) in rejected:
            rows.append(None)
        rows.append(item)
    while len(rows) in rejected:
        rows.append(None)
    return rows


def shown(value: Any, start: int = 0) -> str:
    """Return a value as JSON in one line, cut where it is long, from about the `start`-th character on."""
    text = _line(value)
    start = max(start - BEFORE, 0) if len(text) > MOST else 0
    return f"{'...' if start else ''}{text[start : start + MOST]}{'...' if len(text) > start + MOST else ''}"


def contrast(old: Any, new: Any) -> tuple[str, str]:
    """Return two values as text, long ones from where they part."""
    pairs = zip(_line(old), _line(new), strict=False)
    start = next((at for at, (one, two) in enumerate(pairs) if one != two), 0)
    return shown(old, start), shown(new, start)


def _line(value: Any) -> str:
    text = repr(value) if value is ABSENT else dump(value)
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)
