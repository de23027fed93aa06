"""The command line: ``python -m scraper``. A file holds one command, or a few that belong together."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from scraper import __version__, redact
from scraper.cli.common import INTERRUPTED, MISUSED, complain
from scraper.cli.exporting import export_
from scraper.cli.fetching import fetch
from scraper.cli.group import Commands
from scraper.cli.listing import jobs, list_
from scraper.cli.login import login, logout
from scraper.cli.new import new
from scraper.cli.recording import record_
from scraper.cli.replaying import replay_
from scraper.cli.report import report
from scraper.cli.retry import retry
from scraper.cli.run import run
from scraper.cli.shell import shell
from scraper.cli.why import why
from scraper.errors import ScraperError


def main() -> None:
    """Run the command line and exit with the code that says how it went."""
    redact.install()
    redact.show_uncaught()
    try:
        sys.exit(cli(prog_name=_name(), complete_var="_SCRAPER_COMPLETE", standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except ScraperError as error:
        complain(error)
        sys.exit(error.exit_code)
    except ImportError as error:
        complain(error)
        sys.exit(MISUSED)
    except (KeyboardInterrupt, click.Abort):
        click.echo("Stopped at once.", err=True)
        sys.stdout.flush()
        os._exit(INTERRUPTED)  # the threads that still wait for a page are not worth waiting for


def _name() -> str:
    """Return what the command was called as: the console script, or the module."""
    return "scraper" if Path(sys.argv[0]).stem == "scraper" else "python -m scraper"


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="login-aware-scraper")
def cli() -> None:
    """Scrape sites you have to sign in to.

    Exit codes: 0 done, 1 finished but pages failed or items were rejected, 2 usage or configuration, 16 login
    failed, 75 a person is needed, 130 interrupted (the job is kept).

    \b
    Begin with:
        python -m scraper new https://shop.example
    Let Bash complete commands and spiders (also: zsh_source, fish_source):
        eval "$(_SCRAPER_COMPLETE=bash_source scraper)"
    """


for command in (
    new, run, login, logout, list_, shell, fetch, jobs, export_, report, why, retry, record_, replay_,
):  # fmt: skip
    cli.add_command(command)
