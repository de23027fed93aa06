"""``login`` and ``logout``: the session that is kept for a spider."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import nullcontext

import click
from rich.console import Console

from scraper.cli.common import DONE, console_for, make, opened, spider_options
from scraper.errors import ConfigError, LoginError
from scraper.explain import advice, save_page, told
from scraper.job import FOLDER
from scraper.session import Session
from scraper.spider import Spider
from scraper.values import prompt, reveal


@click.command()
@spider_options
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
    return SignIn(make(spider, attributes, options), console_for(log_level))(
        check=check, fresh=fresh, forget=forget, explain=explain
    )


@click.command()
@spider_options
def logout(spider: str, attributes: Sequence[str], options: Sequence[str], log_level: str) -> int:
    """Forget the session that is kept for SPIDER; the site is not told.

    For example:

        python -m scraper logout bookshop
    """
    console = console_for(log_level)
    with opened(make(spider, attributes, options), "logout") as session:
        had = session.forget(outcomes=False)
    console.print("The kept session is forgotten." if had else "No session was kept.", highlight=False)
    return DONE


class SignIn:
    """One ``login``: sign in as a spider would, and say how it went."""

    def __init__(self, spider: Spider, console: Console) -> None:
        self.spider, self.console = spider, console

    def __call__(self, *, check: bool, fresh: bool, forget: bool, explain: bool) -> int:
        """Do it and return the exit code."""
        with opened(self.spider, "login") as session, told(self._say) if explain else nullcontext():
            if session.login is None:
                raise ConfigError(f"The spider {self.spider.name!r} has no login.")
            if check:
                return self._check(session)
            if forget and session.forget(outcomes=True):
                self._say("What was kept of this account is forgotten.")
            session.is_fresh = fresh
            session.pictures = FOLDER / "logins" if explain else None
            if sys.stdin.isatty():
                session.ask, session.tell = _ask, self._say
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
        if session.login is not None and not session.login.is_kept:
            raise LoginError(
                f"Nothing is kept for {self.spider.name}: what it signs in with goes with each request. "
                "`login` without --check proves it."
            )
        raise LoginError(f"No session that is kept for {self.spider.name} is alive; `login` makes one.")

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
