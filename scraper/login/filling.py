"""`fill`: what goes into a form, by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scraper.forms import CODE, USERNAME
from scraper.login.accounts import likely_accounts
from scraper.values import Source, is_one_time, show


class Fill(Mapping[str, Source | bool]):
    """What goes into a form, by field; made by `fill`. Its values do not show in its ``repr``."""

    def __init__(self, values: Mapping[str, Source | bool]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> Source | bool:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def shown(self, name: str) -> str:
        """Say where the value of a field comes from, without the value."""
        value = self[name]
        return str(value) if isinstance(value, bool) else show(value)

    @property
    def account_field(self) -> str:
        """The name of what is the account's, and no secret; empty where none looks like it."""
        return USERNAME if USERNAME in self else next(likely_accounts(self), "")

    def is_secret(self, name: str) -> bool:
        """Whether what goes in under `name` is a secret: a text, and not the name of the account."""
        return name != self.account_field and not isinstance(self[name], bool)

    def is_one_time(self, name: str) -> bool:
        """Whether what goes in under `name` is a one-time code, by its source or by its name."""
        source = self[name]
        return name == CODE or (not isinstance(source, bool) and is_one_time(source))

    def __repr__(self) -> str:
        return f"fill({', '.join(f'{name}={self.shown(name)}' for name in self)})"


def fill(**values: Source | bool) -> Fill:
    """Say what goes into which field of a form.

    A name is the form's own, or one of the meanings ``username``, ``password`` and ``code`` (a one-time one).
    A value is a text, a source such as ``env("SHOP_USER")``, any callable without arguments, or ``True`` to
    tick a box.
    """
    return Fill(values)
