"""`command`: what a program prints, such as one that keeps passwords."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence

from scraper.errors import ConfigError, SecretMissing
from scraper.values.secret import Secret

_BLANK = re.compile(r"\s")


class _Command:
    """The source that `command` returns. Only the program's name shows: its arguments may be secret."""

    def __init__(self, argv: Sequence[str], timeout: float) -> None:
        self._argv, self.timeout = _split(argv), timeout

    def __call__(self) -> Secret:
        line = self._output().partition(b"\n")[0].removesuffix(b"\r")
        if not line:
            raise self._missing("printed nothing on its first line")
        try:
            return Secret.looked_up(line.decode())
        except UnicodeDecodeError:
            raise self._missing("printed what is no text in UTF-8") from None

    def _output(self) -> bytes:
        """Run the program; return its standard output."""
        import subprocess

        try:
            done = subprocess.run(self._argv, stdout=subprocess.PIPE, timeout=self.timeout)  # noqa: S603
        except OSError as error:
            raise self._missing(f"cannot be run: {error.strerror}") from None
        except subprocess.TimeoutExpired:
            raise self._missing(f"took longer than {self.timeout:g} s") from None
        if done.returncode:
            raise self._missing(f"ended with the exit code {done.returncode}")
        return done.stdout

    def _missing(self, what: str) -> SecretMissing:
        return SecretMissing(f"The program {self._argv[0]!r} gave no value: it {what}. Try it in a terminal.")

    def __repr__(self) -> str:
        return f"command({self._argv[0]!r}{', ...' if self._argv[1:] else ''})"


def _split(argv: Sequence[str]) -> list[str]:
    """Return a command's words; a single text with blanks is taken apart as a shell does."""
    try:
        words = shlex.split(argv[0]) if len(argv) == 1 and _BLANK.search(argv[0]) else list(argv)
    except ValueError:
        raise ConfigError("command() got a text in which a quotation is not closed; close it.") from None
    if not words or not words[0]:
        raise ConfigError('command() wants a program to run, such as command("pass", "show", "shop").')
    return words


def command(*argv: str, timeout: float = 30) -> Callable[[], Secret]:
    """Take the first line that a program prints: ``command("pass", "show", "shop")``, when it is needed.

    A single text with blanks is split as a shell does, but there is no shell: no variables, no pipes. The
    program may ask a person, as it has the terminal, and is given `timeout` seconds. It is run each time
    that the value is looked up; nothing is remembered.

    A program that is not there, fails, takes too long or prints nothing is `SecretMissing`.
    """
    return _Command(argv, timeout)
