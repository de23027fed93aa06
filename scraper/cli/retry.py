"""``retry``: failed pages of a job are put back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from scraper.cli.common import DONE
from scraper.cli.exporting import find_job
from scraper.errors import ConfigError
from scraper.job import REJECTED, Job
from scraper.options import suggest


@click.command()
@click.argument("job")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    metavar="KIND",
    help="Pages that failed so; may be repeated.",
)
@click.option("--rejects", is_flag=True, help="Pages of which rows were rejected; what they gave is dropped.")
@click.option("--list", "is_list", is_flag=True, help="Only say which kinds there are; put nothing back.")
def retry(job: str, kinds: Sequence[str], rejects: bool, is_list: bool) -> int:
    """Put failed pages of JOB back, to be fetched again by `run --resume`.

    JOB is a file or the name of a spider, whose last job it is then. Without --kind and --rejects every page
    that failed is put back. A kind is a status such as 503, access_denied, "no answer", or the name of an
    exception. For example:

        python -m scraper retry bookshop --kind 503 --kind "no answer"
    """
    with Job(find_job(job)) as opened:
        if is_list:
            _list(opened.kinds_of_failure())
            return DONE
        with opened.claimed():
            _put_back(opened, [*kinds, *([REJECTED] if rejects else [])])
    return DONE


def _list(kinds: Mapping[str, int]) -> None:
    for kind, pages in kinds.items():
        click.echo(f"{pages:8,}  {kind}{'  (--rejects)' if kind == REJECTED else ''}")
    if not kinds:
        click.echo("No page failed, and no row was rejected.", err=True)


def _put_back(job: Job, kinds: Sequence[str]) -> None:
    known = job.kinds_of_failure()
    for kind in kinds:
        if kind != REJECTED and kind not in known:
            raise ConfigError(f"No page failed with {kind!r}{suggest(kind, {*known} - {REJECTED})}")
    counts = job.retry(kinds or None)
    for kind, pages in counts.items():
        click.echo(f"{pages:8,}  {kind}", err=True)
    if not counts:
        click.echo(f"There is nothing to put back in {job.path}.", err=True)
        return
    click.echo(f"They wait in {job.path}. Go on with:", err=True)
    click.echo(f"  python -m scraper run {job.noted('spider')} --resume", err=True)
