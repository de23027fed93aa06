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
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.logging import RichHandler

from scraper import __version__, loader, redact
from scraper.crawl import crawl
from scraper.errors import ExportError, ScraperError
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
    redact.install()
    redact.show_uncaught()
    try:
        sys.exit(cli(prog_name="python -m scraper", standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except ScraperError as error:
        _complain(error)
        sys.exit(error.exit_code)
    except ImportError as error:
        _complain(error)
        sys.exit(MISUSED)
    except (KeyboardInterrupt, click.Abort):
        click.echo("Stopped at once.", err=True)
        sys.stdout.flush()
        os._exit(INTERRUPTED)  # the threads that still wait for a page are not worth waiting for


def _complain(error: Exception) -> None:
    click.echo(redact.redact(f"Error: {error}"), err=True)


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
    code, paths = DONE, loader.files()
    if not paths:
        click.echo(f"There is no spider in {Path(loader.FOLDER).resolve()}.", err=True)
    for path in paths:
        try:
            for spider in loader.spiders_in(path):
                about = (spider.__doc__ or "").strip().partition("\n")[0]
                click.echo(f"{spider.name:20} {about}".rstrip())
        except ScraperError as error:
            _complain(error)
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
            except KeyboardInterrupt:
                self._say(f"What was committed is kept in {job.path}.")
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
        """Export what is there, say what came of it, and then what could not be written."""
        exported, failures = [], []
        for target in self.outputs:
            try:
                rows = export(job.items, target)
            except ScraperError as error:
                failures.append(error)
            else:
                partly = ", partial: the crawl was cut short" if is_partial else ""
                exported.append(f"{_name(target)} ({rows:,} items){partly}")
        seconds = time.monotonic() - self.started
        for line in summary(job, seconds=seconds, exported=exported):
            self.console.print(line, soft_wrap=True)
        if failures:
            raise ExportError(f"{' '.join(map(str, failures))} The items are still in {job.path}.")

    def _say(self, line: str) -> None:
        self.console.print(line, markup=False, highlight=False)


def _name(target: str) -> str:
    return "standard output" if target == STANDARD_OUTPUT else target


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
