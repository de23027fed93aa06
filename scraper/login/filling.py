"""`fill`: what goes into a form, by field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from scraper.forms import CODE, USERNAME
from scraper.values import Source, is_one_time, show

_ACCOUNT = re.compile(
    r"user|mail|login|account|member|customer|identi|benutzer|kennung|kunde|utilisateur|compte|usuario|correo|"
    r"cuenta|usu[áa]rio|utente|gebruiker|anv[äa]ndar|brukernavn|bruger|k[äa]ytt[äa]j|u[żz]ytkownik|"
    r"пользовател|логин|почт|kullan[ıi]c|用户|账号|ユーザ|아이디|^log$|^id$",
    re.IGNORECASE,
)
_NAME = re.compile(r"^(nick_?|screen_?|your_?)?name$", re.IGNORECASE)
_SECRET = re.compile(
    r"pass|pw|pin\b|secret|code|otp|token|key|kennwort|contrase|senha|haslo|парол", re.IGNORECASE
)


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
        names = [name for name in self if not _SECRET.search(name)]
        likely = [name for kind in (_ACCOUNT, _NAME) for name in names if kind.search(name)]
        return USERNAME if USERNAME in self else next(iter(likely), "")

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
