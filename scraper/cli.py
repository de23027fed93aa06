"""The command line: ``python -m scraper``."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.logging import RichHandler

from scraper import __version__, executors, loader, redact
from scraper.crawl import crawl, visit
from scraper.errors import ConfigError, ExportError, LoginError, ScraperError
from scraper.executors import Workers
from scraper.explain import advice, save_page, told
from scraper.export import STANDARD_OUTPUT, check, export
from scraper.job import FOLDER, Job
from scraper.options import OPTIONS, read_attributes, read_options
from scraper.progress import Progress
from scraper.report import summary
from scraper.session import Session
from scraper.spider import Spider
from scraper.values import prompt, reveal

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
@click.option("--resume", is_flag=True, help="Go on with the last job of this spider that was not finished.")
@click.option("--max-pages", type=click.IntRange(min=1), help="Stop after so many pages.")
@click.option("--max-items", type=click.IntRange(min=1), help="Stop once there are so many items.")
@click.option("--processes", type=click.IntRange(min=1), help="Read pages in so many processes.")
@click.option("--cluster", metavar="tcp://HOST:PORT", help="Read pages on a Dask cluster.")
@click.option("--no-progress", is_flag=True, help="Show no progress while it runs.")
def run(
    spider: str,
    attributes: Sequence[str],
    options: Sequence[str],
    log_level: str,
    outputs: Sequence[str],
    resume: bool,
    max_pages: int | None,
    max_items: int | None,
    processes: int | None,
    cluster: str | None,
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
    if processes and cluster:
        raise click.UsageError("--processes and --cluster exclude each other.")
    workers = _workers(instance, processes, cluster)
    return Run(instance, outputs, console, workers, is_quiet=no_progress, is_resumed=resume)()


@cli.command()
@_spider_options
@click.option("--check", is_flag=True, help="Only say whether the kept session is alive; submit nothing.")
@click.option("--fresh", is_flag=True, help="Sign in anew, whatever session is kept.")
@click.option(
    "--forget", is_flag=True, help="Forget what the site rejected, and the kept session; then sign in."
)
@click.option("--explain", is_flag=True, help="Say each step: what was fetched, filled, sent and concluded.")
def login(
    spider: str,
    attributes: Sequence[str],
    options: Sequence[str],
    log_level: str,
    check: bool,
    fresh: bool,
    forget: bool,
    explain: bool,
) -> int:
    """Sign in as SPIDER would, prove it, and keep the session for the next run.

    At a terminal, a one-time code that no source gives is asked for. For example:

        python -m scraper login bookshop --explain
    """
    if check and (fresh or forget):
        raise click.UsageError("--check submits nothing; leave out --fresh and --forget.")
    return SignIn(_make(spider, attributes, options), _console(log_level))(
        check=check, fresh=fresh, forget=forget, explain=explain
    )


@cli.command()
@_spider_options
def logout(spider: str, attributes: Sequence[str], options: Sequence[str], log_level: str) -> int:
    """Forget the session that is kept for SPIDER; the site is not told.

    For example:

        python -m scraper logout bookshop
    """
    console = _console(log_level)
    with _opened(_make(spider, attributes, options), "logout") as session:
        had = session.forget(outcomes=False)
    console.print("The kept session is forgotten." if had else "No session was kept.", highlight=False)
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


def _workers(spider: Spider, processes: int | None, cluster: str | None) -> Callable[[], Workers | None]:
    """Return what hires the workers that are wanted; ``None`` stands for threads."""
    if processes:
        return lambda: executors.processes(visit, spider, processes)
    return (lambda: executors.cluster(visit, spider, cluster)) if cluster else lambda: None


def _console(log_level: str) -> Console:
    console = Console(stderr=True, soft_wrap=True)
    handler = RichHandler(console=console, show_path=False, markup=False, highlighter=None)
    logging.basicConfig(level=log_level.upper(), handlers=[handler], format="%(message)s", force=True)
    return console


@contextmanager
def _opened(spider: Spider, reason: str) -> Iterator[Session]:
    """Give the session of a spider between its `opened` and `closed`."""
    try:
        spider.opened()
        yield spider.session
    finally:
        spider.closed(reason)
        spider.session.close()


class SignIn:
    """One ``login``: sign in as a spider would, and say how it went."""

    def __init__(self, spider: Spider, console: Console) -> None:
        self.spider, self.console = spider, console

    def __call__(self, *, check: bool, fresh: bool, forget: bool, explain: bool) -> int:
        """Do it and return the exit code."""
        with _opened(self.spider, "login") as session, told(self._say) if explain else nullcontext():
            if session.login is None:
                raise ConfigError(f"The spider {self.spider.name!r} has no login.")
            if check:
                return self._check(session)
            self._forget(session, ledger=forget, kept=fresh or forget)
            session.ask = _ask if sys.stdin.isatty() else None
            try:
                session.sign_in()
            except LoginError as error:
                if explain:
                    self._advise(error)
                raise
            how = "Still signed in" if session.is_restored else "Signed in"
            self._say(f"{how} to {session.base_url} as {session.account or 'a member'}.")
        return DONE

    def _check(self, session: Session) -> int:
        if session.resume():
            self._say(
                f"The kept session is signed in to {session.base_url} as {session.account or 'a member'}."
            )
            return DONE
        raise LoginError(f"No session that is kept for {self.spider.name} is alive; `login` makes one.")

    def _forget(self, session: Session, *, ledger: bool, kept: bool) -> None:
        if kept and session.forget(outcomes=ledger) and ledger:
            self._say("What was kept of this account is forgotten.")

    def _advise(self, error: LoginError) -> None:
        if words := advice(error):
            self._say(f"What to try: {words}")
        if error.response is not None:
            path = save_page(error.response, FOLDER / "logins", self.spider.name)
            self._say(f"The page it ended on, without secrets: {path}")

    def _say(self, line: str) -> None:
        self.console.print(line, markup=False, highlight=False)


def _ask(question: str) -> str:
    return reveal(prompt(question, hidden=False), is_secret=False)


class Run:
    """One ``run``: crawl, then export and sum up, also where the crawl was cut short."""

    def __init__(
        self,
        spider: Spider,
        outputs: Sequence[str],
        console: Console,
        workers: Callable[[], Workers | None],
        *,
        is_quiet: bool,
        is_resumed: bool,
    ) -> None:
        self.spider, self.outputs, self.console, self.is_quiet = spider, outputs, console, is_quiet
        self.workers = workers
        self.is_resumed, self.started = is_resumed, time.monotonic()

    def __call__(self) -> int:
        """Run it and return the exit code."""
        with self._job() as job:
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

    def _job(self) -> Job:
        """Return the job to work on: a new one, or the last that was not finished, if that is wanted."""
        unfinished = Job.unfinished(self.spider.name)
        if self.is_resumed and unfinished is not None:
            return Job(unfinished)
        if self.is_resumed:
            raise ConfigError(f"No job of {self.spider.name} is unfinished; run it without --resume.")
        if unfinished is not None:
            self._say(f"The job {unfinished} was not finished; run with --resume to go on with it.")
        return Job.create(self.spider.name)

    def _crawl(self, job: Job) -> None:
        with Progress(self.console, is_quiet=self.is_quiet) as progress, _stopping(progress) as stop:
            crawl(self.spider, job, self.workers(), progress=progress, stop=stop)

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
