"""`prompt`: a person's answer on the terminal."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable

from scraper.errors import SecretMissing
from scraper.values.secret import Secret

REPEATS = 3
"""How often a question is asked again after an empty answer."""


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
        for _ in range(1 + REPEATS):
            if answer := self._read():
                return answer
        raise SecretMissing(f"{self.question!r} got only empty answers; run again and type one.")

    def _read(self) -> str:
        try:
            return getpass.getpass(f"{self.question}: ") if self.hidden else self._read_line()
        except EOFError:
            raise SecretMissing(
                f"{self.question!r} got no answer, as the input was closed; run again and type one."
            ) from None

    def _read_line(self) -> str:
        print(f"{self.question}: ", end="", file=sys.stderr, flush=True)
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        return line.rstrip("\n")

    def __repr__(self) -> str:
        return f"prompt({self.question!r})"


def prompt(question: str, *, hidden: bool = True) -> Callable[[], Secret]:
    """Ask a person on the terminal, once, when the value is needed; `hidden` does not echo the answer.

    An empty answer is asked for again, three times. Without an answer, or without a terminal,
    `SecretMissing` is raised.
    """
    return _Prompt(question, hidden)
