"""Selector health: which fields have ceased to be found, since when, and what may find them again."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from scraper.errors import ConfigError, ScraperError
from scraper.item.hits import ROWS
from scraper.job import Job, files
from scraper.job.fields import Field
from scraper.markup import parse_html
from scraper.nearest import nearest, nearest_rows
from scraper.selector import Selector

RUNS = 3
"""With so many of the spider's last runs a run is compared."""

ENOUGH = 20
"""Of fewer rows nothing is concluded."""

NEARLY_ALWAYS, SELDOM = 0.9, 0.3


@dataclass(frozen=True)
class Finding:
    """A field that was nearly always found and now seldom is.

    `before` and `now` are the shares of rows on which it was found, `url` is the page since which it is not,
    `suggestion` a selector that would match there, if any is near.
    """

    type: str
    field: str
    selector: str
    before: float
    now: float
    url: str | None
    suggestion: str | None

    def __str__(self) -> str:
        since = f" since {self.url}" if self.url else ""
        perhaps = f" Perhaps css({self.suggestion!r})?" if self.suggestion else ""
        return (
            f"{self.type}.{self.field}: {self.selector} was found in {self.before:.0%} of the rows before, "
            f"and is in {self.now:.0%}{since}.{perhaps}"
        )


def findings(job: Job, folder: Path = files.FOLDER) -> list[Finding]:
    """Return what has ceased to be found in a job, or in comparison with its spider's last runs."""
    return list(_Health(job, _earlier(job, folder)).findings())


def compared(job: Job, folder: Path = files.FOLDER) -> list[tuple[Field, float | None, Finding | None]]:
    """Return the fields of a job, with the share of rows on which earlier runs had each, and what is wrong.

    The share is ``None`` where there was no earlier run that looked for the field.
    """
    return list(_Health(job, _earlier(job, folder)).compared())


def _earlier(job: Job, folder: Path) -> list[Path]:
    """Return the spider's last runs before a job, the newest first."""
    paths = files.jobs(folder, job.noted("spider") or "")
    ages = [path.resolve() for path in paths]
    before = paths[: ages.index(job.path.resolve())] if job.path.resolve() in ages else []
    return before[::-1]


class _Health:
    """The fields of a job beside those of earlier ones."""

    def __init__(self, job: Job, earlier: Iterable[Path]) -> None:
        self.job = job
        self._hits: Counter[tuple[str, str]] = Counter()
        self._rows: Counter[tuple[str, str]] = Counter()
        self._earlier = list(islice((path for path in earlier if self._take(path)), RUNS))

    def findings(self) -> Iterator[Finding]:
        for field in self.job.fields():
            if (rates := self._fall(field)) is not None:
                before, now = rates
                yield Finding(
                    field.type, field.field, field.selector, before, now, field.url, self._suggestion(field)
                )

    def compared(self) -> Iterator[tuple[Field, float | None, Finding | None]]:
        wrong = {(one.type, one.field, one.selector): one for one in self.findings()}
        for field in self.job.fields():
            hits, rows = self._hits[field.type, field.field], self._rows[field.type, field.field]
            before = _rate(hits, rows - hits) if rows else None
            yield field, before, wrong.get((field.type, field.field, field.selector))

    def _take(self, path: Path) -> bool:
        """Count what an earlier run found; return whether it came to its end, and so counts."""
        with suppress(ConfigError), Job(path) as job:
            if job.is_finished:
                for field in job.fields():
                    key = field.type, field.field
                    self._hits[key] += field.hits
                    self._rows[key] += field.hits + field.misses
                return True
        return False

    def _fall(self, field: Field) -> tuple[float, float] | None:
        """Return from what rate to what rate a field fell; ``None`` where it did not."""
        key, now = (field.type, field.field), _rate(field.hits, field.misses)
        if field.field == ROWS:  # many pages have none
            return None if field.hits or self._hits[key] < ENOUGH else (1.0, 0.0)
        rows, earlier = self._rows[key], _rate(self._hits[key], self._rows[key] - self._hits[key])
        if rows >= ENOUGH:
            is_judged = field.hits + field.misses >= ENOUGH
            is_fallen = is_judged and earlier >= NEARLY_ALWAYS and now <= SELDOM
            if is_fallen or now >= NEARLY_ALWAYS * earlier or field.broke_at is None:
                return (earlier, now) if is_fallen else None
        before = _rate(field.hits - field.hits_since, field.misses - field.misses_since)
        since = _rate(field.hits_since, field.misses_since)
        was_there = field.hits - field.hits_since >= ENOUGH and before >= NEARLY_ALWAYS
        is_gone = field.hits_since + field.misses_since >= ENOUGH and since <= SELDOM
        return (before, since) if was_there and is_gone else None

    def _good_page(self, type: str) -> bytes | None:
        """Return a page on which every field of a type was found, of this run or else of an earlier one."""
        kind = f"good:{type}"
        if (page := self.job.page(kind)) is not None:
            return page
        for path in self._earlier:
            with Job(path) as job:
                if (page := job.page(kind)) is not None:
                    return page
        return None

    def _suggestion(self, field: Field) -> str | None:
        """Return a selector that would match on the page since which a field is missed."""
        place = f"{field.type}.{field.field}"
        now = _tree(self.job.page(f"break:{place}") or self.job.page(f"reject:{place}"))
        before = _tree(self._good_page(field.type))
        if before is None or now is None:
            return None
        rows = next((one for one in self.job.fields() if (one.type, one.field) == (field.type, ROWS)), None)
        with suppress(ScraperError):
            if field.field == ROWS:
                return nearest_rows(before, now, _selector(field.selector))
            around = _selector(rows.selector) if rows else None
            return nearest(before, now, _selector(field.selector), rows=around)
        return None


def _rate(hits: int, misses: int) -> float:
    return hits / (hits + misses) if hits + misses else 0.0


def _tree(page: bytes | None) -> Any:
    return parse_html(page) if page else None


_LANGUAGES = {"css": "css", "file": "css", "xpath": "xpath"}


def _selector(text: str) -> Selector:
    """Read a selector as it is written in a spider; options that are no literals are left out."""
    try:
        call: Any = ast.parse(text, mode="eval").body
        options = {one.arg: ast.literal_eval(one.value) for one in call.keywords if one.arg in ("attr", "re")}
        return Selector(_LANGUAGES[call.func.id], ast.literal_eval(call.args[0]), **options)
    except (SyntaxError, ValueError, AttributeError, LookupError) as error:
        raise ConfigError(f"{text} is no selector of one element.") from error
