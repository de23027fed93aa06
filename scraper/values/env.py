"""`env`: a variable of the environment, or of a file ``.env``."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO

from scraper.errors import SecretMissing
from scraper.values.secret import Secret

FILE = Path(".env")


class _Env:
    """The source that `env` returns."""

    def __init__(self, name: str, default: str | None) -> None:
        self.name, self._default = name, default

    def __call__(self) -> Secret:
        value = os.environ.get(self.name) or _in_file(self.name) or self._default
        if value is None:
            raise SecretMissing(
                f"The environment variable {self.name} is not set, nor is it in a file .env here; "
                "set it and run again."
            )
        return Secret.looked_up(value)

    def __repr__(self) -> str:
        return f"env({self.name!r})"


def _in_file(name: str) -> str | None:
    """Return what ``.env`` in the working directory says of a variable, if it is there and does."""
    if not FILE.is_file():
        return None
    try:
        with FILE.open(encoding="utf-8-sig") as file:
            value, is_shared = _variables(file).get(name), _is_shared(file)
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not in UTF-8"
        raise SecretMissing(
            f"The environment variable {name} is not set, and {FILE.absolute()} cannot be read: {why}."
        ) from None
    if value and is_shared:
        raise SecretMissing(
            f"{FILE.absolute()} has a value for {name}, but it is readable by others, or writable; "
            f"run chmod 600 {FILE} and try again."
        )
    return value


def _variables(file: IO[str]) -> dict[str, str | None]:
    """Read a file as ``dotenv_values(stream=file, interpolate=False)`` does, without its warnings in logs."""
    from dotenv.parser import parse_stream

    return {line.key: line.value for line in parse_stream(file) if line.key is not None}


def _is_shared(file: IO[str]) -> bool:
    """Whether others than the owner may read or change a file, as far as its mode tells."""
    return os.name == "posix" and bool(os.fstat(file.fileno()).st_mode & 0o077)


def env(name: str, default: str | None = None) -> Callable[[], Secret]:
    """Take the value from the environment variable `name`, when it is needed.

    What the environment does not have is looked up in a file ``.env`` in the working directory, if there is
    one: lines of ``NAME=value``, taken as they are, without ``$OTHER``. A value in a file that others can
    read or change is refused, with `SecretMissing`; ``chmod 600 .env`` keeps them out.

    Without a value and without `default`, `SecretMissing` is raised. An empty variable counts as unset.
    """
    return _Env(name, default)
