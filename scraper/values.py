"""Values that are looked up when they are needed, and secrets that do not show.

Any callable without arguments is a source: ``fill(password=lambda: vault.read("shop"))``. It is called
when a form is filled, so importing or listing a spider never needs a secret.

A `Secret` that is written down is kept out of logs at once. What `env` and `prompt` give may as well be the
name of an account: it is kept out of logs once it is revealed, unless it is revealed as no secret.
"""

from __future__ import annotations

import getpass
import netrc as stdlib_netrc
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Self

from scraper.errors import ConfigError, SecretMissing
from scraper.redact import register, unfit


class Secret:
    """A text that ``repr``, ``str`` and ``format`` do not show, and no log; ``reveal()`` gives it out.

    Raises `ConfigError` where it cannot be kept out of logs, as it is too short or an everyday word.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        if objection := unfit(value):
            raise ConfigError(objection)
        register(value)
        self._value = value

    @classmethod
    def looked_up(cls, value: str) -> Self:
        """Hide a value that may be no secret after all, or unfit for one; `reveal` keeps it out of logs."""
        secret = cls.__new__(cls)
        secret._value = value
        return secret

    def reveal(self, *, is_secret: bool = True) -> str:
        """Return the text itself, which is kept out of logs from now on, unless `is_secret` is false."""
        if is_secret:
            register(self._value)
        return self._value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__


NETRC_FIELDS = ("login", "account", "password")

Value = str | Secret
Source = Value | Callable[[], Value]


def reveal(source: Source, *, is_secret: bool = True) -> str:
    """Look a value up now: a text, a `Secret`, or a callable that returns either.

    From then on it is kept out of logs, if it is fit for that. A user name or a one-time code need not be:
    for those `is_secret` is false.
    """
    value = source() if callable(source) else source
    secret = value if isinstance(value, Secret) else Secret.looked_up(value)
    return secret.reveal(is_secret=is_secret)


def show(source: Source) -> str:
    """Describe a source without its value: ``env('SHOP_USER')``, or stars for a text given as it is."""
    return repr(source) if callable(source) else "'***'"


class _Env:
    """The source that `env` returns."""

    def __init__(self, name: str, default: str | None) -> None:
        self.name, self._default = name, default

    def __call__(self) -> Secret:
        value = os.environ.get(self.name) or self._default
        if value is None:
            raise SecretMissing(f"The environment variable {self.name} is not set; set it and run again.")
        return Secret.looked_up(value)

    def __repr__(self) -> str:
        return f"env({self.name!r})"


class _Prompt:
    """The source that `prompt` returns: asks once, then remembers for as long as the program runs."""

    def __init__(self, question: str, hidden: bool) -> None:
        self.question, self.hidden = question, hidden
        self._answer: Secret | None = None

    def __call__(self) -> Secret:
        if self._answer is None:
            self._answer = Secret.looked_up(self._ask())
            if self.hidden:
                self._answer.reveal()
        return self._answer

    def _ask(self) -> str:
        if not sys.stdin.isatty():
            raise SecretMissing(f"{self.question!r} wants an answer, but there is no terminal to ask on.")
        if self.hidden:
            return getpass.getpass(f"{self.question}: ")
        print(f"{self.question}: ", end="", file=sys.stderr, flush=True)
        return sys.stdin.readline().rstrip("\n")

    def __repr__(self) -> str:
        return f"prompt({self.question!r})"


class _Netrc:
    """The source that `netrc` returns."""

    def __init__(self, host: str, field: str, file: str | None) -> None:
        if field not in NETRC_FIELDS:
            raise ConfigError(f"A netrc file has no {field!r}; it has {', '.join(NETRC_FIELDS)}.")
        self.host, self.field, self.file = host, field, file

    def __call__(self) -> Secret:
        path = Path(self.file or os.environ.get("NETRC") or "~/.netrc").expanduser()
        try:
            entry = stdlib_netrc.netrc(path).authenticators(self.host)
        except OSError as error:
            raise SecretMissing(f"{path} cannot be read: {error.strerror}.") from error
        except stdlib_netrc.NetrcParseError as error:
            raise SecretMissing(f"{path} is no netrc file: line {error.lineno} cannot be read.") from None
        value = entry and entry[NETRC_FIELDS.index(self.field)]
        if not value:
            raise SecretMissing(f"{path} has no {self.field} for the machine {self.host}.")
        return Secret.looked_up(value)

    def __repr__(self) -> str:
        return f"netrc({self.host!r}, {self.field!r})"


def netrc(host: str, field: str = "password", *, file: str | None = None) -> Callable[[], Secret]:
    """Take the ``login`` or the ``password`` of a host from a netrc file, when it is needed.

    The file is `file`, or the one that the variable NETRC names, or ``~/.netrc``. Nothing else reads it.
    """
    return _Netrc(host, field, file)


def env(name: str, default: str | None = None) -> Callable[[], Secret]:
    """Take the value from the environment variable `name`, when it is needed.

    Without a value and without `default`, `SecretMissing` is raised then. An empty variable counts as unset.
    """
    return _Env(name, default)


def prompt(question: str, *, hidden: bool = True) -> Callable[[], Secret]:
    """Ask a person on the terminal, once, when the value is needed; `hidden` does not echo the answer."""
    return _Prompt(question, hidden)
