"""`netrc`: the login and the password of a host, from a netrc file."""

from __future__ import annotations

import netrc as stdlib_netrc
import os
from collections.abc import Callable
from pathlib import Path

from scraper.errors import ConfigError, SecretMissing
from scraper.values.secret import Secret

NETRC_FIELDS = ("login", "account", "password")


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
