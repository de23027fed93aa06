"""`Locale`: how numbers, money and dates are written in a language; the facts are CLDR's, from Babel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from scraper.errors import ConfigError

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_SHORT = {name[:3].casefold(): n for n, name in enumerate(_MONTHS, 1)} | {"sept": 9}
ENGLISH = _SHORT | {name.casefold(): n for n, name in enumerate(_MONTHS, 1)}
"""The months by their English names, which need no Babel."""


@dataclass(frozen=True)
class Locale:
    """What of a language is needed to read its numbers, money and dates."""

    name: str
    decimal: str
    group: str
    currency_decimal: str
    currency_group: str
    grouping: tuple[int, int]
    """Digits of the last group, and of those before."""
    currencies: dict[str, str]
    """Codes by signs, and by themselves."""
    months: dict[str, int]
    order: str
    """The order of day, month and year in a short date, as in ``DMY``."""


@cache
def locale_of(name: str) -> Locale:
    """Return the locale ``de``, ``de_DE`` or ``de-DE``. Raises `ConfigError` for none, and without Babel."""
    try:
        import babel
    except ImportError:
        raise ConfigError(
            f"locale={name!r} needs Babel; install it: pip install 'login-aware-scraper[locale]'."
        ) from None
    try:
        known = babel.Locale.parse(str(name).replace("-", "_"))
    except (babel.UnknownLocaleError, ValueError, TypeError):
        raise ConfigError(f"{name!r} is no locale; give one such as 'de' or 'en_US'.") from None
    symbols: Any = known.number_symbols.get("latn", known.number_symbols)
    decimal, group = plain(symbols["decimal"]), plain(symbols["group"])
    return Locale(
        name=str(name),
        decimal=decimal,
        group=group,
        currency_decimal=plain(symbols.get("currencyDecimal", decimal)),
        currency_group=plain(symbols.get("currencyGroup", group)),
        grouping=known.decimal_formats[None].grouping,
        currencies=dict(_currencies(known)),
        months=dict(_months(known)),
        order=_order(known.date_formats["short"].pattern),
    )


def plain(text: str) -> str:
    """Return `text` with plain spaces, apostrophes and minus signs in place of the typographic ones."""
    return _SPACES.sub(" ", text.translate(_PLAIN))


_PLAIN = str.maketrans(
    dict.fromkeys("\u2019\u2018\u02bc", "'")
    | dict.fromkeys("\u2212\u2013\u2014\u2010\u2011\ufe63\uff0d", "-")
    | dict.fromkeys("\u200e\u200f\u061c\u200b", "")
)
_SPACES = re.compile(r"[^\S ]")


def _currencies(known: Any) -> Iterator[tuple[str, str]]:
    """Yield each sign or code of a currency with the code."""
    symbols = known.currency_symbols
    yield from ((code, code) for code in known.currencies)
    yield from ((plain(symbols[code]), code) for code in sorted(symbols))


def _months(known: Any) -> Iterator[tuple[str, int]]:
    for use in ("format", "stand-alone"):
        for width in ("abbreviated", "wide"):
            for n, name in known.months[use][width].items():
                yield name.casefold().rstrip("."), n


def _order(pattern: str) -> str:
    return "".join(sorted("DMY", key=lambda part: pattern.find({"D": "d", "M": "M", "Y": "y"}[part])))
