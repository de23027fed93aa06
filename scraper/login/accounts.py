"""Which of the things that a sign-in takes is the name of the account, by what they are called."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

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


def likely_accounts(names: Collection[str]) -> Iterator[str]:
    """Yield those of `names` that may be an account's, the likeliest first; none that is a secret's."""
    for kind in (_ACCOUNT, _NAME):
        yield from (name for name in names if kind.search(name) and not is_secret(name))


def is_secret(name: str) -> bool:
    """Whether what goes by that name is a secret, and not the name of an account."""
    return bool(_SECRET.search(name))
