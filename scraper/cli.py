"""The command line: ``python -m scraper``."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.logging import RichHandler

from scraper import __version__, loader
from scraper.crawl import crawl
from scraper.errors import ScraperError
from scraper.export import STANDARD_OUTPUT, check, export
from scraper.job import Job
from scraper.options import OPTIONS, read_attributes, read_options
from scraper.progress import Progress
from scraper.report import summary
from scraper.spider import Spider

DONE, INCOMPLETE, MISUSED, INTERRUPTED = 0, 1, 2, 130
LOG_LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR"]


def main() -> None:
    """Run the command line and exit with the code that says how it went."""
    try:
        sys.exit(cli(prog_name="python -m scraper", standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except ScraperError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(error.exit_code)
    except ImportError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(MISUSED)
    except (KeyboardInterrupt, click.Abort):
        click.echo("Stopped at once. What was committed is kept in the job.", err=True)
        sys.stdout.flush()
        os._exit(INTERRUPTED)  # the threads that still wait for a page are not worth waiting for


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="login-aware-scraper")
def cli() -> None:
    """Scrape sites you have to sign in to.

    Exit codes: 0 done, 1 finished but pages failed or items were rejected, 2 usage or configuration, 16 login
    failed, 75 a person is needed, 130 interrupted (the job is kept).
    """


def _spider_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what every command takes that works with one spider."""
    for option in (
        click.option("-a", "attributes", multiple=True, metavar="NAME=VALUE", help="Set a spider attribute."),
        click.option("-s", "options", multiple=True, metavar="OPTION=VALUE", help="Set an option (below)."),
        click.option(
            "--log-level",
            type=click.Choice(LOG_LEVELS, case_sensitive=False),
            default="WARNING",
            show_default=True,
            help="Log from this level on, to standard error.",
        ),
    ):
        command = option(command)
    return click.argument("spider")(command)


@cli.command(epilog=f"Options for -s: {', '.join(OPTIONS)}.")
@_spider_options
@click.option(
    "-o",
    "outputs",
    multiple=True,
    metavar="FILE",
    help="Export to FILE (.csv .json .jsonl, or -).",
)
@click.option("--max-pages", type=click.IntRange(min=1), help="Stop after so many pages.")
@click.option("--max-items", type=click.IntRange(min=1), help="Stop once there are so many items.")
@click.option("--no-progress", is_flag=True, help="Show no progress while it runs.")
def run(
    spider: str,
    attributes: Sequence[str],
    options: Sequence[str],
    log_level: str,
    outputs: Sequence[str],
    max_pages: int | None,
    max_items: int | None,
    no_progress: bool,
) -> int:
    """Sign in, crawl, and export.

    SPIDER is a name in spiders/, a file, or module:Class. For example:

        python -m scraper run bookshop -o books.csv -s concurrency=8
    """
    console = _console(log_level)
    for target in outputs:
        check(target)
    limits = {"max_pages": max_pages, "max_items": max_items}
    given = {name: value for name, value in limits.items() if value is not None}
    instance = _make(spider, attributes, options, **given)
    return Run(instance, outputs, console, is_quiet=no_progress)()


@cli.command()
@_spider_options
def login(spider: str, attributes: Sequence[str], options: Sequence[str], log_level: str) -> int:
    """Sign in as SPIDER would, prove it, and say how it went."""
    console = _console(log_level)
    instance = _make(spider, attributes, options)
    try:
        instance.opened()
        instance.session.sign_in()
        account = instance.session.account or "a member"
        console.print(
            f"Signed in to {instance.session.base_url} as {account}.", markup=False, highlight=False
        )
    finally:
        instance.closed("login")
        instance.session.close()
    return DONE


@cli.command(name="list")
def list_() -> int:
    """List the spiders in spiders/."""
    code = DONE
    for path in loader.files():
        try:
            for spider in loader.spiders_in(path):
                about = (spider.__doc__ or "").strip().partition("\n")[0]
                click.echo(f"{spider.name:20} {about}".rstrip())
        except ScraperError as error:
            click.echo(f"Error: {error}", err=True)
            code = error.exit_code
    return code


def _make(reference: str, attributes: Sequence[str], options: Sequence[str], **given: Any) -> Spider:
    spider = loader.load(reference)
    return spider(**{**read_attributes(spider, attributes), **read_options(options), **given})


def _console(log_level: str) -> Console:
    console = Console(stderr=True, soft_wrap=True)
    handler = RichHandler(console=console, show_path=False, markup=False, highlighter=None)
    logging.basicConfig(level=log_level.upper(), handlers=[handler], format="%(message)s", force=True)
    return console


class Run:
    """One ``run``: crawl, then export and sum up, also where the crawl was cut short."""

    def __init__(self, spider: Spider, outputs: Sequence[str], console: Console, *, is_quiet: bool) -> None:
        self.spider, self.outputs, self.console, self.is_quiet = spider, outputs, console, is_quiet
        self.started = time.monotonic()

    def __call__(self) -> int:
        """Run it and return the exit code."""
        with Job.create(self.spider.name) as job:
            try:
                self._crawl(job)
            except ScraperError:
                if job.counts().items:
                    self._finish(job, is_partial=True)
                raise
            is_interrupted = job.noted("state") == "interrupted"
            self._finish(job, is_partial=is_interrupted)
            counts = job.counts()
        if is_interrupted:
            return INTERRUPTED
        return INCOMPLETE if counts.failed or counts.rejects else DONE

    def _crawl(self, job: Job) -> None:
        with Progress(self.console, is_quiet=self.is_quiet) as progress, _stopping(progress) as stop:
            crawl(self.spider, job, progress=progress, stop=stop)

    def _finish(self, job: Job, *, is_partial: bool) -> None:
        """Export what is there, and say what came of it."""
        partly = ", partial: the crawl was cut short" if is_partial else ""
        exported = [self._export(job, target) + partly for target in self.outputs]
        seconds = time.monotonic() - self.started
        for line in summary(job, seconds=seconds, exported=exported):
            self.console.print(line, soft_wrap=True)

    def _export(self, job: Job, target: str) -> str:
        rows = export(job.items, target)
        name = "standard output" if target == STANDARD_OUTPUT else target
        return f"{name} ({rows:,} items)"


@contextmanager
def _stopping(progress: Progress) -> Iterator[threading.Event]:
    """Give an event that Ctrl-C or SIGTERM sets; the second time, or before the first page, stop at once."""
    stop = threading.Event()

    def handle(signum: int, frame: object) -> None:
        if stop.is_set() or not progress.has_begun:
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
