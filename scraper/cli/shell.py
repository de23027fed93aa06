"""``shell``: Python with a spider that is signed in, for trying selectors on its pages."""

from __future__ import annotations

import code
import sys
from collections.abc import Sequence
from typing import Any

import click

from scraper.cli.common import DONE, account_option, as_account, console_for, make, opened, spider_options


@click.command()
@spider_options
@click.argument("url", required=False)
@account_option
def shell(
    spider: str,
    attributes: Sequence[str],
    options: Sequence[str],
    log_level: str,
    url: str | None,
    account: str | None,
) -> int:
    """Open a Python shell that is signed in as SPIDER, at URL or at its first page.

    IPython where it is installed (pip install 'login-aware-scraper[shell]'). For example:

    \b
        python -m scraper shell bookshop https://shop.example/books
        >>> try_item("article.book h3 a")
        >>> try_item(Book)
    """
    console = console_for(log_level)
    instance = make(spider, attributes, options)
    with opened(instance, "shell"):
        from scraper.cli.bench import Bench  # what shows items takes a while to import

        bench = Bench(as_account(instance, account), console)
        bench.sign_in()
        bench.start(url)
        interact(bench.names, bench.banner())
    return DONE


def interact(names: dict[str, Any], banner: str) -> None:
    """Let a person work with `names`; what is piped in is run line by line."""
    if not sys.stdin.isatty():
        click.echo(banner, err=True)
        code.interact(banner="", readfunc=_read, local=names, exitmsg="")
        return
    try:
        from IPython import start_ipython
        from traitlets.config import Config
    except ImportError:
        code.interact(banner=banner, local=names, exitmsg="")
        return
    config = Config()
    config.TerminalInteractiveShell.banner1 = f"{banner}\n"
    start_ipython(argv=[], user_ns=names, config=config)


def _read(prompt: str) -> str:
    """Return the next line of standard input; a prompt would only stand in the way of a program."""
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\n")
