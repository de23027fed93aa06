"""Numbers and money, as a language writes them; what is not written so is an error, never a guess."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from scraper.item.locales import locale_of, plain

_CORE = re.compile(r"[.,']?\d(?:.*\d)?", re.DOTALL)
_NO_CENTS = re.compile(r"[.,]-{1,2}")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount and the ISO 4217 code of its currency."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


class _Parts(NamedTuple):
    """A number taken apart: its digits and marks, whether it is negative, and the currency next to it."""

    digits: str
    is_negative: bool
    sign: str


@dataclass(frozen=True)
class Number:
    """Reads numbers of a locale."""

    locale: str

    def __post_init__(self) -> None:
        locale_of(self.locale)

    def __call__(self, value: Any) -> Any:
        """Return a text as `Decimal`; what is no text is returned as it is."""
        return self.read(value)[0] if isinstance(value, str) else value

    def read(self, text: str) -> tuple[Decimal, str | None]:
        """Return the number, and the code of the currency next to it. Raises `ValueError`."""
        parts = _take_apart(text)
        currency = locale_of(self.locale).currencies.get(parts.sign)
        match = _form(self.locale, bool(currency)).fullmatch(parts.digits)
        if not parts.digits or match is None or (parts.sign and currency is None):
            raise ValueError(f"{text!r} is not a number as {self.locale} writes it")
        whole, fraction = re.sub(r"\D", "", match[1] or "") or "0", match[2] or ""
        amount = Decimal(f"{whole}.{fraction}" if fraction else whole)
        return (-amount if parts.is_negative else amount), currency


@dataclass(frozen=True)
class MoneyOf(Number):
    """Reads money of a locale."""

    def __call__(self, value: Any) -> Any:
        """Return a text as `Money`; what is no text is returned as it is."""
        if not isinstance(value, str):
            return value
        amount, currency = self.read(value)
        if currency is None:
            raise ValueError(f"{value!r} names no currency that {self.locale} knows")
        return Money(amount, currency)


def number(locale: str) -> Number:
    """Read numbers as a locale writes them: ``clean=number("de")`` reads ``1.234,56`` as 1234.56.

    A sign, parentheses for a negative number, a percent sign (12 % is 12) and a currency next to it are read;
    marks that stand where the locale has none are an error, and so is any other word. For fields of an
    ``Item`` with ``locale=`` this is done by itself. Raises `ConfigError` for an unknown locale.
    """
    return Number(locale)


def money(locale: str) -> MoneyOf:
    """Read money as a locale writes it: ``clean=money("de")`` reads ``1.234,56 €`` as Money(1234.56, EUR).

    Signs are those of the locale: ``$`` is USD in the United States, CAD in Canada; codes such as ``CHF`` do
    always. Otherwise as `number`.
    """
    return MoneyOf(locale)


def _take_apart(text: str) -> _Parts:
    """Return the parts of a number; what has none, or contradicts itself, has no digits."""
    written = plain(text).strip()
    is_negative = written.startswith("(") and written.endswith(")")
    written = _NO_CENTS.sub("", written[1:-1] if is_negative else written)
    core = _CORE.search(written)
    if core is None:
        return _Parts("", False, "")
    before, after = written[: core.start()], written[core.end() :]
    minus = before.count("-") + after.count("-")
    sign = re.sub(r"[-+%\s]", "", before + after)
    is_clear = minus + is_negative <= 1 and not ("%" in before + after and sign)
    return _Parts(core[0] if is_clear else "", is_negative or minus == 1, sign)


@cache
def _form(locale: str, is_money: bool) -> re.Pattern[str]:
    """Return the form of a number: its groups of digits, and what stands behind the decimal mark."""
    known = locale_of(locale)
    decimal = re.escape(known.currency_decimal if is_money else known.decimal)
    group = re.escape(known.currency_group if is_money else known.group)
    last, before = known.grouping
    grouped = rf"\d{{1,{before}}}(?:{group}\d{{{before}}})*{group}\d{{{last}}}"
    return re.compile(rf"({grouped}|\d+)?(?:{decimal}(\d+))?")
