"""Dates and times, as a language or a format writes them; an order that nobody stated is never guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from scraper.errors import ConfigError
from scraper.item.locales import ENGLISH, locale_of

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?")
_TIME = re.compile(r"\b(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s*([ap])\.?m\b\.?)?", re.IGNORECASE)
_TOKEN = re.compile(r"\d+|[^\W\d_]+")
_ORDERS = ("DMY", "MDY", "YMD", "YDM")
CENTURY = 69
"""Years of two digits below this are of the years 2000, as POSIX has it."""


@dataclass(frozen=True)
class Dates:
    """Reads dates and times of a format, or of an order and a language, in a time zone."""

    form: str | None = None
    locale: str | None = None
    tz: str | None = None

    def __post_init__(self) -> None:
        if self.form is not None and "%" not in self.form and self.form not in _ORDERS:
            raise ConfigError(f"dates={self.form!r} is neither a format as '%d.%m.%Y' nor an order as 'DMY'.")
        if self.tz is not None:
            _zone(self.tz)
        if self.locale is not None:
            locale_of(self.locale)

    def __call__(self, value: Any) -> Any:
        """Return a text as `datetime`, or as `date` where it has no time and there is no time zone."""
        if not isinstance(value, str):
            return value
        day, clock = self._read(value.strip())
        if isinstance(clock, datetime):
            return clock if clock.tzinfo or self.tz is None else clock.replace(tzinfo=_zone(self.tz))
        if clock is None and self.tz is None:
            return day
        return datetime.combine(day, clock or time(), _zone(self.tz) if self.tz is not None else None)

    def _read(self, text: str) -> tuple[date, datetime | time | None]:
        if self.form is not None and "%" in self.form:
            moment = datetime.strptime(text, self.form)
            return moment.date(), moment if _has_time(self.form) else None
        if _ISO.fullmatch(text):
            moment = datetime.fromisoformat(text)
            return moment.date(), moment if len(text) > 10 else None
        clock = _TIME.search(text)
        rest = text if clock is None else f"{text[: clock.start()]} {text[clock.end() :]}"
        return self._day(rest, text), None if clock is None else _time(clock)

    def _day(self, written: str, text: str) -> date:
        """Read a day: by the name of its month, or by the order of its numbers."""
        order = self._order
        tokens = _TOKEN.findall(written)
        numbers = [token for token in tokens if token.isdecimal()]
        named = [self._months[word.casefold()] for word in tokens if word.casefold() in self._months]
        if len(named) == 1 and len(numbers) == 2:
            day, year = numbers[::-1] if len(numbers[0]) == 4 or order[:1] == "Y" else numbers
            return date(_year(year), named[0], int(day))
        if len(numbers) == 3 and len(numbers[0]) == 4:
            order = "YDM" if order == "YDM" else "YMD"
        if named or len(numbers) != 3 or not order:
            raise ValueError(f"{text!r} is no date{self._how}")
        by_part = dict(zip(order, numbers, strict=True))
        if len(by_part["D"]) > 2 or len(by_part["M"]) > 2:
            raise ValueError(f"{text!r} is no date{self._how}")
        return date(_year(by_part["Y"]), int(by_part["M"]), int(by_part["D"]))

    @property
    def _order(self) -> str:
        return self.form or (locale_of(self.locale).order if self.locale is not None else "")

    @property
    def _months(self) -> Mapping[str, int]:
        return ENGLISH if self.locale is None else locale_of(self.locale).months

    @property
    def _how(self) -> str:
        if not self._order:
            return " whose order is known; state it, as dates='DMY'"
        return f" in the order {self._order}" + (f" of {self.locale}" if self.locale is not None else "")


def dates(form: str | None = None, *, locale: str | None = None, tz: str | None = None) -> Dates:
    """Read dates and times: ``clean=dates("DMY", tz="Europe/Berlin")``, ``clean=dates("%d.%m.%Y")``.

    `form` is the order of day, month and year in numbers (DMY, MDY, YMD, YDM), or a format as
    ``datetime.strptime`` has it; without it the order is that of `locale`. Months may have their names in
    `locale`, or the English ones without it. ISO 8601 is always read, other words than months are passed
    over, years of two digits are 1969 to 2068. `tz` is the zone of what states no offset; ISO dates may.

    For fields of an ``Item`` with ``locale=``, ``tz=`` or ``dates=`` this is done by itself. Raises
    `ConfigError` for what is unknown.
    """
    return Dates(form, locale, tz)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, TypeError, KeyError):
        raise ConfigError(f"tz={name!r} is no time zone; give one such as 'Europe/Berlin'.") from None


def _has_time(form: str) -> bool:
    return bool(re.search(r"%[HIMSfpXcTRz]", form))


def _time(match: re.Match[str]) -> time:
    hour, half = int(match[1]), (match[4] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(f"{match[0]!r} is no time of day")
        hour = hour % 12 + (12 if half == "p" else 0)
    return time(hour, int(match[2]), int(match[3] or 0))


def _year(digits: str) -> int:
    year = int(digits)
    if len(digits) == 2:
        return year + (2000 if year < CENTURY else 1900)
    if len(digits) != 4:
        raise ValueError(f"{digits!r} is no year")
    return year
