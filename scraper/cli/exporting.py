"""``export``, and what it has in common with ``run``: where items go, and with what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from scraper.cli.common import DONE
from scraper.errors import ConfigError
from scraper.export import FORMATS, check, exports
from scraper.job import FOLDER, Job, Records, files


def export_options(*, is_required: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return what adds the options on where items go."""
    options = (
        click.option(
            "-o",
            "outputs",
            multiple=True,
            required=is_required,
            metavar="FILE",
            help=f"Export to FILE ({' '.join(FORMATS)}, each also .gz, or -); may be given several times.",
        ),
        click.option("--with-meta", is_flag=True, help="Add address, time, account and auth of its page."),
        click.option("--excel", is_flag=True, help="Begin CSV with a byte-order mark, for Excel."),
    )

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return add


@dataclass(frozen=True)
class Exporting:
    """Where items go, and with what."""

    outputs: Sequence[str]
    with_meta: bool = False
    excel: bool = False

    def check(self) -> None:
        """Raise `ConfigError` where something cannot be written to."""
        for target in self.outputs:
            check(target)

    def write(self, records: Records, target: str) -> Iterator[tuple[str, int]]:
        """Export to one of the outputs; yield the files that came of it, and how many items are in each."""
        return exports(records, target, excel=self.excel)


@click.command(name="export")
@click.argument("job")
@export_options(is_required=True)
@click.option(
    "--changed-since",
    "since",
    metavar="JOB",
    help="Export only what is new, changed or gone since JOB; a spider's name is its last one before.",
)
def export_(job: str, outputs: Sequence[str], with_meta: bool, excel: bool, since: str | None) -> int:
    """Export the items of JOB, a file or the name of a spider, whose last job it is then.

    For example:

        python -m scraper export bookshop -o books.csv --changed-since bookshop
    """
    exporting = Exporting(outputs, with_meta, excel)
    exporting.check()
    path = find_job(job)
    before = None if since is None else find_job(since, before=path)
    with Records(path, with_meta=with_meta, since=before) as records:
        if before is not None:
            _warn(records, path, before)
        for target in outputs:
            for file, rows in exporting.write(records, target):
                click.echo(f"{file}: {rows:,} items of {path}", err=True)
    return DONE


def find_job(job: str, before: Path | None = None) -> Path:
    """Return the job that is meant: a file, or the last one of a spider, or its last `before` another."""
    if job.endswith(".sqlite"):
        return Path(job)
    paths = [path for path in files.jobs(FOLDER, job) if before is None or files.is_older(path, before)]
    if not paths:
        older = "" if before is None else f" that is older than {before}"
        raise ConfigError(f"There is no job of {job!r} in {FOLDER / 'jobs'}{older}.")
    return paths[-1]


def _warn(records: Records, path: Path, before: Path) -> None:
    """Say what a comparison of two jobs cannot know."""
    click.echo(f"Compared with {before}.", err=True)
    for type in records.keyless:
        click.echo(
            f"{type} has no key, so its items are compared as a whole: none counts as changed. "
            f"Name its key as in class {type}(Item, key=...).",
            err=True,
        )
    with Job(path) as job:
        if not job.is_finished or job.counts().failed or job.queued():
            click.echo(f"{path} lacks pages, and what is gone may stand on one of them.", err=True)
