"""``replay``: today's spider over the pages that a job kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import click

from scraper.cli.common import DONE, INCOMPLETE, console_for, make, spider_settings
from scraper.cli.exporting import find_job
from scraper.errors import ConfigError, SpiderNotFound
from scraper.job import Job
from scraper.offline import take_offline
from scraper.redact import redact, redact_url
from scraper.replay import Replayed, replay
from scraper.spider import Spider

COUNTED = {
    "changed": "differs in {:,} items",
    "new": "{:,} items are new",
    "gone": "{:,} items are gone",
    "rejected": "rejected in {:,} rows",
    "taken": "no longer rejected in {:,} rows",
    "failed": "{:,} times it cannot be read",
    "read": "{:,} times it can be read again",
}


@click.command(name="replay")
@click.argument("job")
@click.option("--spider", "reference", metavar="SPIDER", help="Read by this one, not the job's own.")
@spider_settings
def replay_(
    job: str, reference: str | None, attributes: Sequence[str], options: Sequence[str], log_level: str
) -> int:
    """Read the kept pages of JOB by today's spider, and print which items would differ. No request is made.

    JOB is a file or the name of a spider, whose last job it is then; it kept its pages if it was run with
    --keep-pages. Exit code 0: all is as it was; 1: something differs. For example:

        python -m scraper replay bookshop
    """
    console_for(log_level)
    with Job(find_job(job)) as opened:
        if not opened.counts_kept():
            raise ConfigError(
                f"{opened.path} has kept no pages to read again; crawl with --keep-pages to keep them."
            )
        spider = take_offline(_spider_of(opened, reference, attributes, options))
        counts, pages, items = Counter[tuple[str, str]](), 0, 0
        for page in replay(opened, spider):
            pages, items = pages + 1, items + page.items
            counts.update((difference.name, difference.kind) for difference in page.differences)
            _show(page)
        for line in _summary(opened, pages, items, counts):
            click.echo(line, err=True)
    return INCOMPLETE if counts else DONE


def _spider_of(job: Job, reference: str | None, attributes: Sequence[str], options: Sequence[str]) -> Spider:
    """Make the spider that is wanted, or else the job's own."""
    name = reference or job.noted("spider") or ""
    try:
        return make(name, attributes, options)
    except SpiderNotFound as error:
        if reference:
            raise
        raise SpiderNotFound(f"{error} Name the one that reads {job.path} by --spider.") from error


def _show(page: Replayed) -> None:
    if page.differences:
        click.echo(redact_url(page.url))
    for difference in page.differences:
        click.echo(f"  {redact(difference.text)}")


def _summary(job: Job, pages: int, items: int, counts: Counter[tuple[str, str]]) -> Iterator[str]:
    read = job.counts().done
    left_out = f" The job has {read - pages:,} more that were not kept." if read > pages else ""
    yield f"{pages:,} kept pages give {items:,} items today; nothing was fetched.{left_out}"
    if not counts:
        yield "All are as they were."
    for (name, kind), times in counts.most_common():
        yield f"  {name}: {COUNTED[kind].format(times)}"
