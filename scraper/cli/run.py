"""``run``: sign in, crawl, and export."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console

from scraper import executors
from scraper.cli.common import DONE, INCOMPLETE, INTERRUPTED, console_for, make, spider_options
from scraper.cli.exporting import Exporting, export_options
from scraper.crawl import crawl, visit
from scraper.errors import ConfigError, ExportError, ScraperError
from scraper.executors import Workers
from scraper.health import Finding, findings
from scraper.job import Job
from scraper.options import OPTIONS
from scraper.progress import Progress
from scraper.report import summary
from scraper.spider import Spider


@click.command(epilog=f"Options for -s: {', '.join(OPTIONS)}.")
@spider_options
@export_options()
@click.option("--resume", is_flag=True, help="Go on with the last job of this spider that was not finished.")
@click.option("--max-pages", type=click.IntRange(min=1), help="Stop after so many pages.")
@click.option("--max-items", type=click.IntRange(min=1), help="Stop once there are so many items.")
@click.option("--keep-pages", is_flag=True, help="Keep every page in the job, so that replay can read it.")
@click.option("--processes", type=click.IntRange(min=1), help="Read pages in so many processes.")
@click.option("--cluster", metavar="tcp://HOST:PORT", help="Read pages on a Dask cluster.")
@click.option("--log-json", is_flag=True, help="Log as a JSON object a line, for programs; no progress.")
@click.option("--no-progress", is_flag=True, help="Show no progress while it runs.")
def run(
    spider: str,
    attributes: Sequence[str],
    options: Sequence[str],
    log_level: str,
    outputs: Sequence[str],
    with_meta: bool,
    excel: bool,
    resume: bool,
    max_pages: int | None,
    max_items: int | None,
    keep_pages: bool,
    processes: int | None,
    cluster: str | None,
    log_json: bool,
    no_progress: bool,
) -> int:
    """Sign in, crawl, and export.

    SPIDER is a name in spiders/, a file, or module:Class. For example:

        python -m scraper run bookshop -o books.csv -s concurrency=8
    """
    console = console_for(log_level, as_json=log_json)
    exporting = Exporting(outputs, with_meta, excel)
    exporting.check()
    limits = {"max_pages": max_pages, "max_items": max_items, "keep_pages": keep_pages or None}
    given = {name: value for name, value in limits.items() if value is not None}
    instance = make(spider, attributes, options, **given)
    if processes and cluster:
        raise click.UsageError("--processes and --cluster exclude each other.")
    workers = _workers(instance, processes, cluster)
    return Run(instance, exporting, console, workers, is_quiet=no_progress or log_json, is_resumed=resume)()


def _workers(spider: Spider, processes: int | None, cluster: str | None) -> Callable[[], Workers | None]:
    """Return what hires the workers that are wanted; ``None`` stands for threads."""
    if processes:
        return lambda: executors.processes(visit, spider, processes)
    return (lambda: executors.cluster(visit, spider, cluster)) if cluster else lambda: None


class Run:
    """One ``run``: crawl, then export and sum up, also where the crawl was cut short."""

    def __init__(
        self,
        spider: Spider,
        exporting: Exporting,
        console: Console,
        workers: Callable[[], Workers | None],
        *,
        is_quiet: bool,
        is_resumed: bool,
    ) -> None:
        self.spider, self.exporting, self.console, self.is_quiet = spider, exporting, console, is_quiet
        self.workers = workers
        self.is_resumed, self.started = is_resumed, time.monotonic()

    def __call__(self) -> int:
        """Run it and return the exit code."""
        with self._job() as job:
            try:
                self._crawl(job)
            except ScraperError:
                if job.counts().items:
                    self._finish(job, findings(job), is_partial=True)
                raise
            except KeyboardInterrupt:
                self._say(f"What was committed is kept in {job.path}.")
                raise
            is_interrupted = job.noted("state") == "interrupted"
            broken = findings(job)
            self._finish(job, broken, is_partial=is_interrupted)
            counts = job.counts()
        if is_interrupted:
            return INTERRUPTED
        return INCOMPLETE if counts.failed or counts.rejects or broken else DONE

    def _job(self) -> Job:
        """Return the job to work on: a new one, or the last that was not finished, if that is wanted."""
        unfinished = Job.unfinished(self.spider.name, at_limit=self.is_resumed)
        if self.is_resumed and unfinished is not None:
            return Job(unfinished)
        if self.is_resumed:
            raise ConfigError(f"No job of {self.spider.name} is unfinished; run it without --resume.")
        if unfinished is not None and _has_begun(unfinished):
            self._say(f"The job {unfinished} was not finished; run with --resume to go on with it.")
        return Job.create(self.spider.name)

    def _crawl(self, job: Job) -> None:
        with Progress(self.console, is_quiet=self.is_quiet) as progress, _stopping(progress) as stop:
            crawl(self.spider, job, self.workers(), progress=progress, stop=stop)

    def _finish(self, job: Job, broken: Sequence[Finding], *, is_partial: bool) -> None:
        """Export what is there, say what came of it, and then what could not be written."""
        exported, failures = [], []
        partly = ", partial: the crawl was cut short" if is_partial else ""
        for target in self.exporting.outputs:
            try:
                with job.records(with_meta=self.exporting.with_meta) as records:
                    for file, rows in self.exporting.write(records, target):
                        exported.append(f"{file} ({rows:,} items){partly}")
            except ScraperError as error:
                failures.append(error)
        seconds = time.monotonic() - self.started
        for line in summary(job, seconds=seconds, exported=exported, broken=map(str, broken)):
            self.console.print(line, soft_wrap=True)
        if failures:
            raise ExportError(f"{' '.join(map(str, failures))} The items are still in {job.path}.")

    def _say(self, line: str) -> None:
        self.console.print(line, markup=False, highlight=False)


def _has_begun(path: Path) -> bool:
    with Job(path) as job:
        return bool(job.queued())


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
