"""Tests of recorded pages: one for what items there are, and one for each field of each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import chdir
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from scraper.differences import ABSENT, contrast, is_same, rows_by_type, shown
from scraper.errors import ScraperError
from scraper.item import Reject
from scraper.item.hits import ROWS
from scraper.offline import Reading
from scraper.recorded import Recorded
from scraper.response import Response

MOST_REJECTS = 5
"""So many rejected rows are named at most."""


class Mismatch(Exception):
    """A page gives something else than what was recorded."""


class RecordedFile(pytest.File):
    """A recorded page: what was expected of it, and what today's spider takes, which is read once."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the tests. A page that cannot be used is one sentence."""
        try:
            if self.config.getoption("--scraper-update"):
                self._update()
            yield from self._tests()
        except ScraperError as error:
            raise self.CollectError(str(error)) from error

    def _tests(self) -> Iterator[pytest.Item]:
        yield Items.from_parent(self, name="items")
        for type, rows in self.recorded.items.items():
            for n, row in enumerate(rows):
                for field in row or ():
                    yield Field.from_parent(self, name=f"{type}[{n}].{field}", place=(type, n, field))

    @cached_property
    def recorded(self) -> Recorded:
        """What ``expected.json`` says."""
        return Recorded.load(self.path.parent)

    @cached_property
    def reading(self) -> Reading:
        """What today's spider takes from the page."""
        reading, _ = self._read
        return reading

    @cached_property
    def selectors(self) -> dict[tuple[str, str], str]:
        """The selectors by the type of the item and the name of the field."""
        _, page = self._read
        return {(type, field): selector for type, field, selector in page.hits.counts()}

    @cached_property
    def rows(self) -> dict[str, list[Any]]:
        """The items that are taken today, each at the position of its row."""
        return rows_by_type(self.reading.items, self.reading.rejects)

    @cached_property
    def _read(self) -> tuple[Reading, Response]:
        body = self.recorded.body(self.path.parent)
        with chdir(self.config.rootpath):
            return self.recorded.read(body)

    def _update(self) -> None:
        """Expect what is taken today, unless the page cannot be read."""
        if self.reading.error is None:
            updated = self.recorded.with_items(self.reading)
            updated.save(self.path.parent)
            self.recorded = updated


class _Test(pytest.Item):
    """A test of a recorded page."""

    file: RecordedFile

    def __init__(self, *, parent: RecordedFile, **options: Any) -> None:
        super().__init__(parent=parent, **options)
        self.file = parent

    def reportinfo(self) -> tuple[Path, None, str]:
        """Say what failed."""
        return self.path, None, self.name

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Say what was expected and what came, without a traceback of this package."""
        if isinstance(excinfo.value, Mismatch | ScraperError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def fail(self, expected: str, got: str, *lines: tuple[str, str]) -> None:
        """Fail: say what was expected and what came, then lines of a label and a text, and where to look."""
        recorded = self.file.recorded
        page = _below(self.file.path.with_name(recorded.page), self.config.rootpath)
        lines = (*lines, ("page", f"{page} ({recorded.url})"), ("spider", recorded.spider))
        text = "".join(f"\n  {label:9} {text}" for label, text in lines)
        raise Mismatch(f"{self.name}: expected {expected}, got {got}{text}")


class Items(_Test):
    """Whether there are as many items of each type as there were, and the rejected rows are the same."""

    def runtest(self) -> None:
        """Read the page and count."""
        reading, wanted = self.file.reading, self.file.recorded.items
        if reading.error is not None:
            self.fail(_counted(wanted), f"none: {reading.error}")
        if _positions(wanted) != _positions(self.file.rows):
            self.fail(
                _counted(wanted),
                _counted(self.file.rows),
                *(("rejected", _told(reject)) for reject in reading.rejects[:MOST_REJECTS]),
                *(("rows", text) for (_, field), text in self.file.selectors.items() if field == ROWS),
            )


class Field(_Test):
    """Whether a field of an item is what it was."""

    def __init__(self, *, place: tuple[str, int, str], **options: Any) -> None:
        super().__init__(**options)
        self.type, self.n, self.field = place

    def runtest(self) -> None:
        """Compare the field."""
        expected = self.file.recorded.items[self.type][self.n]
        assert expected is not None
        was = expected[self.field]
        if self.file.reading.error is not None:
            pytest.skip("the page cannot be read; the test `items` says why")
        for reject in filter(self._is_mine, self.file.reading.rejects):
            self._fail(shown(was), f"no value: {reject.message}", reject.selector)
        rows = self.file.rows.get(self.type, [])
        row = rows[self.n] if self.n < len(rows) else None
        if row is None:
            pytest.skip(f"{self.type}[{self.n}] is not taken; the test `items` says why")
        now = row.get(self.field, ABSENT)
        if not is_same(was, now):
            self._fail(*contrast(was, now))

    def _is_mine(self, reject: Reject) -> bool:
        name = reject.field.partition(".")[0]
        return (reject.type, reject.n, name) == (self.type, self.n, self.field)

    def _fail(self, expected: str, got: str, selector: str = "") -> None:
        selector = selector or self.file.selectors.get((self.type, self.field), "")
        self.fail(expected, got, *([("selector", selector)] if selector else []))


def _positions(items: Any) -> dict[str, list[bool]]:
    """Return, of each type, which rows gave an item; types of which there is none do not count."""
    return {type: [row is not None for row in rows] for type, rows in items.items() if rows}


def _counted(items: Any) -> str:
    counts = [f"{sum(row is not None for row in rows):,} {type}" for type, rows in items.items() if rows]
    return ", ".join(counts) or "no items"


def _told(reject: Reject) -> str:
    return f"{reject.type}[{reject.n}].{reject.field}: {reject.message}"


def _below(path: Path, root: Path) -> str:
    return str(path.relative_to(root) if path.is_relative_to(root) else path)
