"""`Asker`: questions to a person, each with a default; without a person the defaults are taken."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from scraper.errors import ConfigError, SecretMissing
from scraper.values import env, prompt, reveal


class Asker:
    """Asks on the terminal, or, where it is not to ask, takes each default."""

    def __init__(self, *, asks: bool) -> None:
        self.asks = asks

    def text(self, question: str, default: str) -> str:
        """Ask for a text; Enter takes the default."""
        if not self.asks:
            return default
        try:
            answer: str = click.prompt(question, default=default, err=True, show_default=bool(default))
        except click.Abort:
            raise self._closed() from None
        return answer.strip()

    def yes(self, question: str, *, default: bool = True) -> bool:
        """Ask whether; Enter takes the default."""
        if not self.asks:
            return default
        try:
            return click.confirm(question, default=default, err=True)
        except click.Abort:
            raise self._closed() from None

    def _closed(self) -> BaseException:
        """Return what a question without an answer means: a person who goes, or an input that has ended."""
        if sys.stdin.isatty():
            return click.Abort()
        return ConfigError("There were more questions than answers; --yes takes the defaults.")


def supply(variables: Sequence[tuple[str, str, bool]]) -> dict[str, str]:
    """See that environment variables have values: ask for those that have none; return what was told.

    Each is a name, a question and whether the answer is hidden. What is told is set for this process alone.
    Raises `SecretMissing`, without a terminal, with the names of all that lack a value.
    """
    missing = [(name, question, hidden) for name, question, hidden in variables if not _has(name)]
    if missing and not sys.stdin.isatty():
        names = " and ".join(name for name, _, _ in missing)
        raise SecretMissing(
            f"{names}: no value in the environment, nor in a file .env here. Set them and run again, or "
            "name the variables that hold them with --user-env and --password-env."
        )
    told = {}
    for name, question, hidden in missing:
        told[name] = reveal(prompt(question, hidden=hidden), is_secret=hidden)
        os.environ[name] = told[name]
    return told


def _has(name: str) -> bool:
    return bool(reveal(env(name, ""), is_secret=False))


def ask_person(question: str) -> str:
    """Ask for what no source gives, such as a one-time code."""
    return reveal(prompt(question, hidden=False), is_secret=False)
