"""`Secret`, and what a source is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

from scraper.errors import ConfigError
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


Value = str | Secret
Source = Value | Callable[[], Value]


def reveal(source: Source, *, is_secret: bool = True) -> str:
    """Look a value up now: a text, a `Secret`, or a callable that returns either.

    From then on it is kept out of logs, if it is fit for that. A user name or a one-time code need not be:
    for those `is_secret` is false. What is neither a text nor a `Secret` is a `ConfigError`.
    """
    value = source() if callable(source) else source
    if not isinstance(value, str | Secret):
        raise ConfigError(
            f"{show(source)} gave a {type(value).__name__}, not a text; let it return a str or a Secret."
        )
    secret = value if isinstance(value, Secret) else Secret.looked_up(value)
    return secret.reveal(is_secret=is_secret)


def show(source: Source) -> str:
    """Describe a source without its value: ``env('SHOP_USER')``, or stars for a text given as it is."""
    return repr(source) if callable(source) else "'***'"
