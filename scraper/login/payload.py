"""`Payload`: what is posted to sign in, nested as JSON may be, and where its values come from."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from scraper.errors import ConfigError
from scraper.login.accounts import is_secret, likely_accounts
from scraper.redact import looks_secret
from scraper.request import SAFE_METHODS
from scraper.values import Secret, is_one_time, reveal, show

if TYPE_CHECKING:
    from scraper.session import Session

Put = Callable[[str, Any], Any]
"""Gives what goes out in the place of a value, by its name."""


class Filled(NamedTuple):
    """What is sent: the body, the secrets in it, and what tells this credential from another.

    One-time codes are in the body; the credential has their seeds instead.
    """

    body: bytes
    secrets: list[str]
    credential: str


class Payload:
    """Values as JSON has them, some of which are sources; sent as JSON, or as a form of names and values."""

    def __init__(self, json: Any, data: Mapping[str, Any] | None, where: str) -> None:
        if (json is None) == (data is None):
            raise ConfigError(f"{where} takes what to send either as json={{...}} or as data={{...}}.")
        if data is not None and not isinstance(data, Mapping):
            raise ConfigError(f"{where} takes data={{...}}, names and values, not {type(data).__name__}.")
        self.values, self.is_json = (json if data is None else dict(data)), data is None
        self._leaves = list(_leaves(self.values))
        for name, value in self._leaves:
            if not (_is_text(value) or value is None or isinstance(value, int | float)):
                raise ConfigError(f"{where} cannot send a {type(value).__name__} as {name!r}; give a text.")

    @property
    def content_type(self) -> str:
        """The media type in which it is sent."""
        return "application/json" if self.is_json else "application/x-www-form-urlencoded"

    @cached_property
    def account(self) -> tuple[str, Any] | None:
        """The name and the value of what is the account's, and no secret; ``None`` where none looks like it.

        Of what no name tells, that which is looked up is likelier than what stands there as it is.
        """
        texts = {name: v for name, v in reversed(self._leaves) if _is_text(v) and not is_one_time(v)}
        likely = sorted(likely_accounts(list(texts)), key=lambda name: not _is_source(texts[name]))
        others = (name for name, value in texts.items() if _is_source(value) and not is_secret(name))
        name = next(iter([*likely, *others]), None)
        return None if name is None else (name, texts[name])

    @property
    def secrets(self) -> list[str]:
        """The names of what is secret and not one-time."""
        return [
            name for name, value in self._leaves if self._is_secret(name, value) and not is_one_time(value)
        ]

    @property
    def has_code(self) -> bool:
        """Whether there is a one-time code in it."""
        return any(is_one_time(value) for _, value in self._leaves)

    def _is_secret(self, name: str, value: Any) -> bool:
        is_account = self.account is not None and self.account[0] == name and self.account[1] is value
        return _is_text(value) and not is_account and (_is_source(value) or looks_secret(name))

    def filled(self, session: Session) -> Filled:
        """Look all values up: the codes among them are then given, and not given again."""
        secrets, credential = list[str](), list[tuple[str, Any]]()

        def put(name: str, value: Any) -> Any:
            is_hidden = self._is_secret(name, value)
            if is_one_time(value):
                session.prepare_code(value)
            text = reveal(value, is_secret=not is_one_time(value)) if is_hidden else _plain(value)
            if is_one_time(value):
                session.gave_code(value)
            secrets.extend([text] if is_hidden else [])
            credential.append((name, value.identity() if is_one_time(value) else text))
            return text

        body = self.mapped(put)
        return Filled(body, secrets, json.dumps([self.content_type, sorted(credential, key=str)]))

    def mapped(self, put: Put) -> bytes:
        """Return what is sent with the values that `put` gives."""
        body = _mapped(self.values, put)
        if self.is_json:
            return json.dumps(body).encode()
        return urlencode([(name, item) for name, value in body.items() for item in _several(value)]).encode()

    def __str__(self) -> str:
        return ", ".join(f"{name} from {show(v)}" if _is_source(v) else name for name, v in self._leaves)


def refuse_to_read(method: str, where: str) -> None:
    """Refuse a method that only reads: its requests have no body, and may be sent again."""
    if method.upper() in SAFE_METHODS:
        raise ConfigError(
            f"{where} sends secrets in the body of a request, which a {method} has not; use POST."
        )


def _leaves(values: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values that stand in `values`, each behind its name, or that of the list it stands in."""
    if isinstance(values, Mapping):
        for key, value in values.items():
            yield from _leaves(value, str(key))
    elif isinstance(values, list | tuple):
        for value in values:
            yield from _leaves(value, name)
    else:
        yield name, values


def _mapped(values: Any, put: Put, name: str = "") -> Any:
    """Return `values` with what `put` gives in the place of each."""
    if isinstance(values, Mapping):
        return {str(key): _mapped(value, put, str(key)) for key, value in values.items()}
    if isinstance(values, list | tuple):
        return [_mapped(value, put, name) for value in values]
    return put(name, values)


def _plain(value: Any) -> Any:
    """Return a value that is no secret."""
    return reveal(value, is_secret=False) if _is_source(value) else value


def _is_source(value: Any) -> bool:
    return callable(value) or isinstance(value, Secret)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or _is_source(value)


def _several(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [item if isinstance(item, str) else json.dumps(item) for item in values]
