"""`Hits`: how often each selector of an item found something, and how often not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scraper.item.plan import Plan

ROWS = "(rows)"
"""The name under which the selector of the rows is counted and rejected."""

Key = tuple[str, str, str]


class Hits:
    """Counts, over pages of one answer or many, which fields were found and which were not.

    ``hits.counts()`` is plain data: ``{(type, field, selector): (hits, misses)}``, for every field that has
    a selector, also the optional ones and those with a default; fields of nested items have dotted names
    (``reviews.stars``), counted once for each nested item. ``(rows)`` counts rows as hits, and pages without
    one as misses. A list counts as one hit however long it is.
    """

    def __init__(self) -> None:
        self._counts: dict[Plan, Count] = {}
        self._rows: dict[Key, tuple[int, int]] = {}

    def of(self, plan: Plan) -> Count:
        """Return what counts for the fields of one class."""
        count = self._counts.get(plan)
        if count is None:
            count = self._counts[plan] = Count(plan)
        return count

    def add_rows(self, plan: Plan, selector: Any, rows: int) -> None:
        """Count the rows of one page."""
        key = (plan.type, ROWS, repr(selector))
        hits, misses = self._rows.get(key, (0, 0))
        self._rows[key] = (hits + rows, misses + (not rows))

    def counts(self) -> dict[Key, tuple[int, int]]:
        """Return hits and misses by type, field and selector."""
        found = dict(self._rows)
        for plan, count in self._counts.items():
            for field, selector, hits, misses in count.rows():
                key = (plan.type, field, selector)
                before = found.get(key, (0, 0))
                found[key] = (before[0] + hits, before[1] + misses)
        return found


class Count:
    """Counts for one class at one place: how often it was taken, and how often each field was missing."""

    __slots__ = ("missed", "nested", "plan", "prefix", "taken")

    def __init__(self, plan: Plan, prefix: str = "") -> None:
        self.plan, self.prefix = plan, prefix
        self.taken = 0
        self.missed = [0] * len(plan.fields)
        self.nested: dict[str, Count] = {}

    def inside(self, name: str, plan: Plan) -> Count:
        """Return what counts for the items nested in the field `name`; of a class in itself, all in one."""
        if plan is self.plan and self.prefix:
            return self
        count = self.nested.get(name)
        if count is None:
            count = self.nested[name] = Count(plan, f"{self.prefix}{name}.")
        return count

    def rows(self) -> Iterator[tuple[str, str, int, int]]:
        """Yield field, selector, hits and misses."""
        for (name, place), missed in zip(self.plan.labels, self.missed, strict=True):
            yield f"{self.prefix}{name}", place, self.taken - missed, missed
        for count in self.nested.values():
            yield from count.rows()
