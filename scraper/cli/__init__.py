"""The command line: ``python -m scraper``. A file holds one command, or a few that belong together."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

import click

from scraper import __version__, redact
from scraper.cli.common import INTERRUPTED, MISUSED, complain
from scraper.cli.group import Commands

COMMANDS = {
    "new": (
        "scraper.cli.new:new",
        "Write a spider for the site at URL: find its sign-in, try it, and propose rows and fields.",
    ),
    "run": ("scraper.cli.run:run", "Sign in, crawl, and export."),
    "login": (
        "scraper.cli.login:login",
        "Sign in as SPIDER would, prove it, and keep the session for the next run.",
    ),
    "logout": (
        "scraper.cli.login:logout",
        "Forget the session that is kept for SPIDER; the site is not told.",
    ),
    "shell": (
        "scraper.cli.shell:shell",
        "Open a Python shell that is signed in as SPIDER, at URL or at its first page.",
    ),
    "fetch": (
        "scraper.cli.fetching:fetch",
        "Print the page at URL as SPIDER sees it, without secrets, to standard output.",
    ),
    "list": ("scraper.cli.listing:list_", "List the spiders in spiders/."),
    "jobs": (
        "scraper.cli.listing:jobs",
        "List the jobs of SPIDER, or of all: when, how they ended, pages and items, the newest first.",
    ),
    "export": (
        "scraper.cli.exporting:export_",
        "Export the items of JOB, a file or the name of a spider, whose last job it is then.",
    ),
    "report": ("scraper.cli.report:report", "Write a page on how JOB went, one file that needs no network."),
    "why": (
        "scraper.cli.why:why",
        "Say what became of URL: who linked to it, what decided on it, what came of it.",
    ),
    "retry": (
        "scraper.cli.retry:retry",
        "Put failed pages of JOB back, to be fetched again by `run --resume`.",
    ),
    "record": (
        "scraper.cli.recording:record_",
        "Fetch URL signed in as SPIDER would, and keep the page and its items as a test that pytest runs.",
    ),
    "replay": (
        "scraper.cli.replaying:replay_",
        "Read the kept pages of JOB by today's spider, and print which items would differ. No request is "
        "made.",
    ),
}


def main() -> None:
    """Run the command line and exit with the code that says how it went."""
    redact.install()
    redact.show_uncaught()
    gc.disable()  # until the command is loaded
    try:
        if any(argument.startswith("--processes") for argument in sys.argv):
            from scraper import forkserver

            forkserver.begin()  # and have it import while this process does
        sys.exit(cli(prog_name=_name(), complete_var="_SCRAPER_COMPLETE", standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except SystemExit as error:  # such as sys.exit("...") in a spider
        sys.exit(redact.redact(error.code) if isinstance(error.code, str) else error.code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("Stopped at once.", err=True)
        sys.stdout.flush()
        if server := sys.modules.get("scraper.forkserver"):
            server.leave_nothing()
        os._exit(INTERRUPTED)  # the threads that still wait for a page are not worth waiting for
    except Exception as error:
        code = _exit_code(error)
        complain(error)
        sys.exit(code)


def _exit_code(error: Exception) -> int:
    """Return the exit code of an error that was raised on purpose; raise any other again."""
    from scraper.errors import ScraperError  # loads requests

    if isinstance(error, ScraperError):
        return error.exit_code
    if isinstance(error, ImportError):
        return MISUSED
    raise error


def _name() -> str:
    """Return what the command was called as: the console script, or the module."""
    return "scraper" if Path(sys.argv[0]).stem == "scraper" else "python -m scraper"


@click.group(cls=Commands, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
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
