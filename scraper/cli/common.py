"""What the commands have in common: exit codes, options, the console, and making a spider."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from scraper import redact

if TYPE_CHECKING:  # each is loaded where a command needs it, and ``--help`` needs none
    from rich.console import Console

    from scraper.session import Session
    from scraper.spider import Spider

DONE, INCOMPLETE, MISUSED, INTERRUPTED = 0, 1, 2, 130
LOG_LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR"]


_AN_OPTION = "Set an option; `run --help` lists them."

account_option = click.option("--account", metavar="NAME", help="As this one of the spider's accounts.")
log_level_option = click.option(
    "--log-level",
    type=click.Choice(LOG_LEVELS, case_sensitive=False),
    default="WARNING",
    show_default=True,
    help="Log from this level on, to standard error.",
)


def complain(error: Exception) -> None:
    """Say on standard error what went wrong, without secrets."""
    click.echo(redact.redact(f"Error: {error}"), err=True)


def spider_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what every command takes that works with one spider."""
    return click.argument("spider", shell_complete=_names)(spider_settings(command))


def spider_settings(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what sets up a spider, however it is named."""
    for option in (
        click.option("-a", "attributes", multiple=True, metavar="NAME=VALUE", help="Set a spider attribute."),
        click.option("-s", "options", multiple=True, metavar="OPTION=VALUE", help=_AN_OPTION),
        log_level_option,
    ):
        command = option(command)
    return command


def _names(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    """Return the names of spiders that begin so, for shells to complete; none is imported for it."""
    from scraper import loader  # loads what a spider needs

    return [path.stem for path in loader.files() if path.stem.startswith(begun)]


def make(reference: str, attributes: Sequence[str], options: Sequence[str], **given: Any) -> Spider:
    """Return the spider that `reference` names, with what was set by ``-a``, ``-s`` and other options."""
    from scraper import loader
    from scraper.options import read_attributes, read_options

    spider = loader.load(reference)
    return spider(**{**read_attributes(spider, attributes), **read_options(options), **given})


def as_account(spider: Spider, account: str | None) -> Spider:
    """Return an opened spider as one of its accounts has it: the one that is named, or the first of several.

    Raises `ConfigError` for a name that there is not.
    """
    from scraper.errors import ConfigError  # loads requests

    if account is not None and (problem := spider.lacks_account(account)):
        raise ConfigError(problem)
    members = spider.by_account
    return spider if not members else members[account or next(iter(members))]


def console_for(log_level: str, *, as_json: bool = False) -> Console:
    """Return where to speak to a person; log there from `log_level` on, `as_json`: an object a line."""
    from rich.console import Console
    from rich.logging import RichHandler

    from scraper.cli.logs import JsonLines

    console = Console(stderr=True, soft_wrap=True)
    handler = RichHandler(console=console, show_path=False, markup=False, highlighter=None)
    handlers: list[logging.Handler] = [JsonLines() if as_json else handler]
    logging.basicConfig(level=log_level.upper(), handlers=handlers, format="%(message)s", force=True)
    return console


@contextmanager
def opened(spider: Spider, reason: str) -> Iterator[Session]:
    """Give the session of a spider between its `opened` and `closed`."""
    try:
        spider.opened()
        yield spider.session
    finally:
        spider.closed(reason)
        for session in spider.all_sessions:
            session.close()
