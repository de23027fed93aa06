"""``list`` and ``jobs``: what there is."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import click

from scraper import loader
from scraper.cli.common import DONE, complain
from scraper.errors import ConfigError, ScraperError
from scraper.job import FOLDER, Job, files

A_DAY = 24 * 3600.0


@click.command(name="list")
def list_() -> int:
    """List the spiders in spiders/.

    For example:

        python -m scraper list
    """
    code, paths = DONE, loader.files()
    if not paths:
        click.echo(f"There is no spider in {Path(loader.FOLDER).resolve()}.", err=True)
    for path in paths:
        try:
            for spider in loader.spiders_in(path):
                about = (spider.__doc__ or "").strip().partition("\n")[0]
                click.echo(f"{spider.name:20} {about}".rstrip())
        except ScraperError as error:
            complain(error)
            code = error.exit_code
    return code


@click.command()
@click.argument("spider", default="*")
@click.option(
    "--prune", type=click.FloatRange(min=0), metavar="DAYS", help="Remove jobs older than so many days."
)
def jobs(spider: str, prune: float | None) -> int:
    """List the jobs of SPIDER, or of all: when, how they ended, pages and items, the newest first.

    For example:

        python -m scraper jobs bookshop --prune 30
    """
    if prune is not None:
        _prune(files.jobs(FOLDER, spider), prune)
    paths = files.jobs(FOLDER, spider)
    for path in reversed(paths):
        try:
            click.echo(_line(path))
        except ConfigError as error:
            complain(error)
    if not paths:
        click.echo(f"There is no job in {FOLDER / 'jobs'}.", err=True)
    return DONE


def _line(path: Path) -> str:
    with Job(path) as job:
        counts, state = job.counts(), job.ending
    waiting = f", {counts.queued:,} queued" if counts.queued else ""
    failed = f", {counts.failed:,} failed" if counts.failed else ""
    return f"{path}  {state:12} {counts.done:,} pages{failed}{waiting}, {counts.items:,} items"


def _prune(paths: Sequence[Path], days: float) -> None:
    """Remove jobs that nobody works on and that were not written to for so many days."""
    oldest = time.time() - days * A_DAY
    for path in paths:
        if path.stat().st_mtime < oldest and not files.is_claimed(path):
            files.remove(path)
            click.echo(f"Removed {path}.", err=True)
