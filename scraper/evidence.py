"""Which pages of a crawl are kept, without secrets, for a person to look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from scraper.item.hits import ROWS
from scraper.response import Response

Counts = Mapping[tuple[str, str, str], tuple[int, int]]
"""How often a page had each field: hits and misses by the item's type, the field's name and its selector."""

A_STREAK = 20
"""A field that was found so often in a row was not missed by chance before."""


class Evidence:
    """Knows, for one worker, what pages it has shown already.

    Pages are of kinds: ``good:Book``, on which every field of a type was found; ``reject:Book.price``, on
    which an item was rejected for a field; ``break:Book.price``, on which a field was missed that had been
    found time after time. Of each the first is kept; of those that break, the last. Pages without any row,
    such as lists between the pages of books, count only where more of them follow each other than before.
    """

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._streaks: Counter[tuple[str, str]] = Counter()
        self._runs: Counter[str] = Counter()
        self._longest: Counter[str] = Counter()

    def kinds(self, page: Response, counts: Counts) -> tuple[str, ...]:
        """Return for what a page is evidence that has been read and gave this; mostly for nothing new."""
        firsts = (kind for kind in _firsts(page, counts) if kind not in self._seen)
        return (*self._breaks(counts), *firsts)

    def keep(self, kinds: tuple[str, ...]) -> None:
        """Remember that there is a page of these kinds."""
        self._seen.update(kinds)

    def _breaks(self, counts: Counts) -> Iterator[str]:
        for (type, field, _), (hits, misses) in counts.items():
            kind, key = f"break:{type}.{field}", (type, field)
            if field == ROWS:
                if self._is_longest_run(kind, is_over=hits >= misses):
                    yield kind
            elif hits >= misses:
                self._streaks[key] += hits
            elif self._streaks.pop(key, 0) >= A_STREAK or kind not in self._seen:
                yield kind

    def _is_longest_run(self, kind: str, *, is_over: bool) -> bool:
        """Count a page without rows, or one with them; return whether a run is now longer than any before."""
        if is_over:
            self._longest[kind] = max(self._longest[kind], self._runs.pop(kind, 0))
            return False
        self._runs[kind] += 1
        return self._runs[kind] == self._longest[kind] + 1


def _firsts(page: Response, counts: Counts) -> Iterator[str]:
    for reject in page.rejects:
        yield f"reject:{reject.type}.{reject.field}"
    missed = {type for (type, _, _), (_, misses) in counts.items() if misses}
    for type in dict.fromkeys(type for (type, _, _), (hits, _) in counts.items() if hits):
        if type not in missed:
            yield f"good:{type}"
