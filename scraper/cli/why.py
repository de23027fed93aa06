"""``why``: what became of an address, and why it did."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import click

from scraper import loader
from scraper.avoid import why_avoid
from scraper.cli.common import DONE
from scraper.cli.exporting import find_job
from scraper.cli.telling import Line, robots_line, tell
from scraper.errors import ConfigError, ScraperError
from scraper.job import FOLDER, Job, canonical, files
from scraper.job.trace import Known
from scraper.redact import redact, redact_url
from scraper.request import is_http
from scraper.spider import Spider
from scraper.traps import Traps

Found = tuple[Path, list[Known]]
"""A job, and what it knows of the address."""


@click.command()
@click.argument("url")
@click.option("--job", "job", metavar="JOB", help="Ask this job: a file, or the last of a spider.")
def why(url: str, job: str | None) -> int:
    """Say what became of URL: who linked to it, what decided on it, what came of it.

    Without --job the newest job that knows it is asked, or the newest of a spider that would allow it. Quote
    addresses with & in them. For example:

        python -m scraper why "https://shop.example/books?page=2"
    """
    address = _whole(url)
    path, found = _in_job(find_job(job), address) if job else _anywhere(address)
    with Job(path) as opened:
        for known in found:
            _say([("job", str(path)), *tell(opened, known, address)], redact_url(address))
        if not found:
            _say([("job", str(path)), *_unknown(opened, address)], redact_url(address))
    return DONE


def _whole(url: str) -> str:
    """Return an address without what a crawl leaves away. Raises `ConfigError` for half an address."""
    address = url.strip().partition("#")[0]
    if is_http(address):
        return address
    meant = f"; did you mean https://{address}?" if "://" not in address and "." in address else "."
    raise ConfigError(f"{url!r} is no http or https address; give it whole, with its scheme{meant}")


def _say(lines: Iterable[Line], title: str) -> None:
    click.echo(title)
    for label, line in lines:
        click.echo(redact(f"  {label:11}{line}"))


# Which job


def _in_job(path: Path, url: str) -> Found:
    """Look for an address in a job, the quick way first."""
    with Job(path) as job:
        trace = job.trace()
        return path, trace.by_key(url) or trace.by_address(url)


def _anywhere(url: str) -> Found:
    """Look for an address in the newest job that knows it; else name the job that might have known it."""
    paths = files.jobs(FOLDER)[::-1]
    for path in paths:
        with suppress(ConfigError), Job(path) as job:
            if known := job.trace().by_key(url):
                return path, known
    for path in _newest_of_each(paths):
        with suppress(ScraperError), Job(path) as job:
            if _spider_of(job).allows(url):
                return _in_job(path, url)
    if not paths:
        raise ConfigError(f"There is no job in {FOLDER / 'jobs'}.")
    return _in_job(paths[0], url)


def _newest_of_each(paths: Iterable[Path]) -> Iterator[Path]:
    newest: dict[str, Path] = {}
    for path in paths:
        newest.setdefault(path.parent.name, path)
    yield from newest.values()


def _spider_of(job: Job) -> Spider:
    """Return the spider of a job, as it is written now. Raises what is wrong with its file."""
    spider = loader.load(job.noted("spider") or "")()
    if not spider.start_urls:
        spider.start_urls = job.trace().starts()
    return spider


# What could have kept it out


def _unknown(job: Job, url: str) -> Iterator[Line]:
    """Yield why an address is not in a job, as far as the spider and the job tell."""
    yield "outcome", "unknown: no page of this job led there, or what led there was not followed"
    yield "canonical", redact_url(canonical(url))
    try:
        spider = _spider_of(job)
        reasons = list(_reasons(spider, url))
        lines = [("kept out", f"{reason}.") for reason in reasons] or [_looked(spider)]
    except ScraperError as error:
        reasons, lines = [], [("spider", f"what it would do cannot be said: {error}")]
    yield from lines
    yield "robots.txt", robots_line(job, url)
    if not reasons and (waiting := job.queued()):
        yield "note", f"{waiting:,} requests wait in this job, which may lead there: run with --resume"


def _looked(spider: Spider) -> Line:
    """Say how a spider that would allow an address has looked for links."""
    follow = spider.follow if isinstance(spider.follow, str) else ", ".join(spider.follow or ())
    looked = f"follow = {follow}" if follow else "parse"
    limit = f"; max_depth is {spider.max_depth}" if spider.max_depth is not None else ""
    return "spider", f"{spider.name} would allow it, so no page that was read linked to it ({looked}{limit})"


def _reasons(spider: Spider, url: str) -> Iterator[str]:
    if reason := spider.refuses(url):
        yield reason
    if not spider.is_safe(url) and (reason := why_avoid(None, url)):
        yield f"it would sign out or delete something: {reason}; allow lets it through"
    with suppress(ScraperError):
        if spider.session.is_login_page(url):
            yield "it is the login page"
    if reason := Traps().why_trapped(url):
        yield f"it looks like a trap: {reason}"
