"""Values that are looked up when they are needed, and secrets that do not show.

Any callable without arguments is a source: ``fill(password=lambda: vault.read("shop"))``. It is called
when a form is filled, so importing or listing a spider never needs a secret.
"""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable

from scraper.errors import SecretMissing


class Secret:
    """A text that is not shown by ``repr``, ``str`` or ``format``; ``reveal()`` gives it out."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the text itself."""
        return self._value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__


Value = str | Secret
Source = Value | Callable[[], Value]


def reveal(source: Source) -> str:
    """Look a value up now: a text, a `Secret`, or a callable that returns either."""
    value = source() if callable(source) else source
    return value.reveal() if isinstance(value, Secret) else value


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
        return Secret(value)

    def __repr__(self) -> str:
        return f"env({self.name!r})"


class _Prompt:
    """The source that `prompt` returns: asks once, then remembers for as long as the program runs."""

    def __init__(self, question: str, hidden: bool) -> None:
        self.question, self.hidden = question, hidden
        self._answer: Secret | None = None

    def __call__(self) -> Secret:
        if self._answer is None:
            self._answer = Secret(self._ask())
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


def env(name: str, default: str | None = None) -> Callable[[], Secret]:
    """Take the value from the environment variable `name`, when it is needed.

    Without a value and without `default`, `SecretMissing` is raised then. An empty variable counts as unset.
    """
    return _Env(name, default)


def prompt(question: str, *, hidden: bool = True) -> Callable[[], Secret]:
    """Ask a person on the terminal, once, when the value is needed; `hidden` does not echo the answer."""
    return _Prompt(question, hidden)
