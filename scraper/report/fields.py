"""The part of a report on selectors: how often each found something, now and in earlier runs."""

from __future__ import annotations

from pathlib import Path

from scraper.health import Finding, compared
from scraper.item.hits import ROWS
from scraper.job import Job
from scraper.job.fields import Field
from scraper.redact import redact_url
from scraper.report.markup import Html, section, short, table, tag
from scraper.report.plots import share

MOST_FIELDS = 200


def field_health(job: Job, folder: Path) -> Html | None:
    """Return how often each field was found, beside earlier runs, and what is wrong with it."""
    fields = compared(job, folder)
    rows = [_row(*one) for one in fields[:MOST_FIELDS]]
    more = tag("p", f"... of {len(fields):,} in all.") if len(fields) > MOST_FIELDS else None
    return section("Fields", table(("field", "found", "", "before", "selector", "note"), rows), more)


def _row(field: Field, before: float | None, finding: Finding | None) -> tuple[object, ...]:
    name = f"{field.type}.{field.field}"
    selector, earlier = tag("code", field.selector), "" if before is None else f"{before:.0%}"
    if field.field == ROWS:
        return name, short(f"{field.hits:,} rows"), "", "", selector, _note(finding)
    rate = field.hits / max(field.hits + field.misses, 1)
    bar = share(rate, "failed" if finding else "done")
    return name, short(f"{rate:.0%} of {field.hits + field.misses:,}"), bar, earlier, selector, _note(finding)


def _note(finding: Finding | None) -> Html | None:
    """Say that a field has ceased to be found, since where, and what might find it."""
    if finding is None:
        return None
    since = f" since {redact_url(finding.url)}" if finding.url else ""
    perhaps = f" Perhaps css({finding.suggestion!r})?" if finding.suggestion else ""
    words = f"Was found in {finding.before:.0%}, and is in {finding.now:.0%}{since}.{perhaps}"
    return tag("span", words, class_="bad")
