"""What a server asks for with status 401: ``WWW-Authenticate``, as RFC 9110, 11.6.1 has it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_SCHEME = re.compile(_NAME)
_TOKEN = re.compile(r"[ \t]+([\w.~+/-]+=*)[ \t]*(?=,|\Z)", re.ASCII)
_PARAMETER = re.compile(rf'({_NAME})[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))')
_BETWEEN = re.compile(r"[\s,]*")
_NONSENSE = re.compile(r"[^,]*")
_ESCAPED = re.compile(r"\\(.)")


class Challenge(NamedTuple):
    """One way to sign in that a server offers.

    `scheme` and the names of `parameters` are in lower case, values without quotation marks. `token` is what
    stands in the place of parameters. Text is as requests has it: each character is one byte.
    """

    scheme: str
    parameters: Mapping[str, str]
    token: str = ""

    @property
    def realm(self) -> str:
        """What the server calls the area behind, for people; servers mostly write UTF-8."""
        return self.parameters.get("realm", "").encode("latin-1", "replace").decode("utf-8", "replace")


def challenges(header: str) -> tuple[Challenge, ...]:
    """Read the header, in which several challenges may stand in one line; nonsense is passed over."""
    return tuple(_challenges(header))


def _challenges(header: str) -> Iterator[Challenge]:
    at = _after(_BETWEEN, header, 0)
    while at < len(header):
        scheme = _SCHEME.match(header, at)
        if scheme is None:
            at = _after(_NONSENSE, header, at + 1)
        elif token := _TOKEN.match(header, scheme.end()):
            yield Challenge(scheme[0].lower(), {}, token[1])
            at = token.end()
        else:
            parameters, at = _read(header, scheme.end())
            yield Challenge(scheme[0].lower(), parameters)
        at = _after(_BETWEEN, header, at)


def parameters_in(text: str) -> Mapping[str, str]:
    """Read parameters alone, as ``Authentication-Info`` has them."""
    return _read(text, 0)[0]


def _read(text: str, at: int) -> tuple[dict[str, str], int]:
    """Return the parameters from a place on, and where they end: the first of a name counts."""
    found: dict[str, str] = {}
    while parameter := _PARAMETER.match(text, _after(_BETWEEN, text, at)):
        name, quoted, plain = parameter.groups()
        found.setdefault(name.lower(), plain if quoted is None else _ESCAPED.sub(r"\1", quoted))
        at = parameter.end()
    return found, at


def _after(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at
