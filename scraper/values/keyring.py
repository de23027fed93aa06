"""`keyring`: a password from the system's keyring."""

from __future__ import annotations

import shlex
from collections.abc import Callable

from scraper.errors import ConfigError, SecretMissing
from scraper.values.secret import Secret

_REASONS = {"NoKeyringError": "there is no keyring on this system", "KeyringLocked": "it is locked"}


class _Keyring:
    """The source that `keyring` returns."""

    def __init__(self, service: str, username: str) -> None:
        self.service, self.username = service, username

    def __call__(self) -> Secret:
        password = self._look_up()
        if not password:
            raise self._missing("it has no such entry")
        return Secret.looked_up(password)

    def _look_up(self) -> str | None:
        try:
            import keyring as system
        except ImportError:
            raise ConfigError(
                f"{self!r} needs a package that is not installed; "
                'run pip install "login-aware-scraper[keyring]".'
            ) from None
        try:
            return system.get_password(self.service, self.username)
        except Exception as error:  # each backend has its own
            name = type(error).__name__
            raise self._missing(_REASONS.get(name, f"it failed with {name}")) from error

    def _missing(self, why: str) -> SecretMissing:
        store = shlex.join(["keyring", "set", self.service, self.username])
        return SecretMissing(
            f"The keyring gives no password of {self.username!r} for {self.service!r}: {why}. "
            f"To store one, run {store}"
        )

    def __repr__(self) -> str:
        return f"keyring({self.service!r}, {self.username!r})"


def keyring(service: str, username: str) -> Callable[[], Secret]:
    """Take a password from the system's keyring, when it is needed: from the Keychain, Secret Service, ...

    It is stored there with ``keyring set SERVICE USERNAME``. Needs the extra ``keyring``; without it, a
    `ConfigError` says so. Where the keyring has no such password or cannot be asked, `SecretMissing` is
    raised.
    """
    return _Keyring(service, username)
