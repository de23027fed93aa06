"""``login`` and ``logout``: the session that is kept for a spider."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import nullcontext

import click
from rich.console import Console

from scraper.accounts import joint
from scraper.cli.asking import ask_person
from scraper.cli.common import DONE, console_for, make, opened, spider_options
from scraper.errors import ConfigError, LoginError
from scraper.explain import advice, save_page, told
from scraper.job import FOLDER
from scraper.session import Session
from scraper.spider import Spider

_account = click.option("--account", metavar="NAME", help="Only this one of the spider's accounts.")


@click.command()
@spider_options
@_account
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
    account: str | None,
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
    steps = SignIn(console_for(log_level), check=check, fresh=fresh, forget=forget, explain=explain)
    return steps(make(spider, attributes, options), account)


@click.command()
@spider_options
@_account
def logout(
    spider: str, attributes: Sequence[str], options: Sequence[str], log_level: str, account: str | None
) -> int:
    """Forget the session that is kept for SPIDER; the site is not told.

    For example:

        python -m scraper logout bookshop
    """
    console, instance = console_for(log_level), make(spider, attributes, options)
    with opened(instance, "logout"):
        for name, session in _sessions(instance, account).items():
            had = (
                "The kept session is forgotten." if session.forget(outcomes=False) else "No session was kept."
            )
            console.print(f"{name}: {had}" if name else had, markup=False, highlight=False)
    return DONE


def _sessions(spider: Spider, account: str | None) -> dict[str, Session]:
    """Return the sessions of a spider's accounts, or of one, by name; no name where there are not several.

    Raises `ConfigError` for a name that there is not.
    """
    if account is not None and (problem := spider.lacks_account(account)):
        raise ConfigError(problem)
    members = {name: member for name, member in spider.by_account.items() if account in (None, name)}
    return {name: member.session for name, member in members.items()} or {"": spider.session}


class SignIn:
    """One ``login``: sign in as a spider would, and say how it went."""

    def __init__(self, console: Console, *, check: bool, fresh: bool, forget: bool, explain: bool) -> None:
        self.console, self.check, self.fresh = console, check, fresh
        self.forget, self.explain = forget, explain

    def __call__(self, spider: Spider, account: str | None) -> int:
        """Do it for each account, or for one, and return the exit code."""
        failures = {}
        with opened(spider, "login"), told(self._say) if self.explain else nullcontext():
            for name, session in _sessions(spider, account).items():
                if name and self.explain:
                    self._say(f"Account {name}:")
                try:
                    self._sign_in(session)
                except LoginError as error:
                    if not name:
                        raise
                    failures[name] = error
        if failures:
            raise joint(failures)
        return DONE

    def _sign_in(self, session: Session) -> None:
        if session.login is None:
            raise ConfigError(f"The spider {session.name!r} has no login.")
        if self.check:
            self._check(session)
            return
        if self.forget and session.forget(outcomes=True):
            self._say("What was kept of this account is forgotten.")
        session.is_fresh = self.fresh
        session.pictures = FOLDER / "logins" if self.explain else None
        if sys.stdin.isatty():
            session.ask, session.tell = ask_person, self._say
        try:
            session.sign_in()
        except LoginError as error:
            if self.explain:
                self._advise(error, session.name)
            raise
        how = "Still signed in" if session.is_restored else "Signed in"
        self._say(f"{how} to {session.base_url} as {session.account or 'a member'}.")

    def _check(self, session: Session) -> None:
        if session.resume():
            who = session.account or "a member"
            self._say(f"The kept session is signed in to {session.base_url} as {who}.")
            return
        if session.login is not None and not session.login.is_kept:
            raise LoginError(
                f"Nothing is kept for {session.name}: what it signs in with goes with each request. "
                "`login` without --check proves it."
            )
        raise LoginError(f"No session that is kept for {session.name} is alive; `login` makes one.")

    def _advise(self, error: LoginError, spider: str) -> None:
        if words := advice(error):
            self._say(f"What to try: {words}")
        if error.response is not None:
            path = save_page(error.response, FOLDER / "logins", spider)
            self._say(f"The page it ended on, without secrets: {path}")

    def _say(self, line: str) -> None:
        self.console.print(line, markup=False, highlight=False)
