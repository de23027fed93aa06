"""``report``: a page of HTML on a job."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import click

from scraper.cli.common import DONE
from scraper.cli.exporting import find_job
from scraper.errors import ConfigError, ExportError
from scraper.export.files import replacing
from scraper.job import FOLDER, Job
from scraper.report import report as page_of


@click.command()
@click.argument("job")
@click.option("-o", "output", default="report.html", show_default=True, metavar="FILE", help="Write to FILE.")
@click.option("--open", "is_opened", is_flag=True, help="Open it in the browser.")
def report(job: str, output: str, is_opened: bool) -> int:
    """Write a page on how JOB went, one file that needs no network.

    JOB is a file or the name of a spider, whose last job it is then. The page holds parts of what was
    scraped, without known secrets. For example:

        python -m scraper report bookshop -o bookshop.html --open
    """
    path, target = find_job(job), Path(output)
    with Job(path) as opened:
        text = page_of(opened, _folder_of(path))
    _write(target, text)
    click.echo(f"Wrote {target}: a report on {path}.", err=True)
    if is_opened:
        webbrowser.open(target.resolve().as_uri())
    return DONE


def _folder_of(path: Path) -> Path:
    """Return the folder in which a job lies as ``jobs/<spider>/<time>.sqlite``; or that of this place."""
    around = path.resolve().parents
    return around[2] if len(around) > 2 and around[1].name == "jobs" else FOLDER


def _write(target: Path, text: str) -> None:
    """Put the page in the place of the file, whole or not at all."""
    if not target.parent.is_dir():
        raise ConfigError(f"There is no folder {target.parent} to write {target.name} to.")
    try:
        with replacing(target) as stream:
            stream.write(text.encode("utf-8", "replace"))
    except OSError as error:
        raise ExportError(f"The report {target} cannot be written: {error.strerror}.") from error
