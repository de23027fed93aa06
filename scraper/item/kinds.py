"""What an annotation asks for, and how text is read as that in the language of a site."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, get_args, get_origin

from scraper.item.dates import Dates, dates
from scraper.item.numbers import Money, money, number
from scraper.record import MANY, members
from scraper.selector import Place, Selector


@dataclass(frozen=True)
class Reading:
    """How the texts of a class are read: its class arguments `locale`, `tz` and `dates`."""

    locale: str | None = None
    tz: str | None = None
    dates: str | None = None

    def __post_init__(self) -> None:
        dates(self.dates, locale=self.locale, tz=self.tz)

    def reader(self, kind: Any) -> Callable[[Any], Any] | None:
        """Return what reads text as `kind`; ``None`` where pydantic does."""
        if kind in (int, float, Decimal) and self.locale is not None:
            return number(self.locale)
        if kind is Money and self.locale is not None:
            return money(self.locale)
        if kind in (date, datetime) and self != Reading():
            return dates(self.dates, locale=self.locale, tz=self.tz)
        return None


def kind_of(annotation: Any) -> tuple[bool, Any]:
    """Return whether an annotation asks for many values, and of which type each is."""
    options = [part for part in members(annotation) if part is not type(None)]
    kind = _bare(options[0]) if len(options) == 1 else annotation
    many = get_origin(kind) in MANY or kind in MANY
    return many, _bare((get_args(kind) or (str,))[0]) if many else kind


def _bare(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def reading_of(place: Place, kind: Any, reading: Reading) -> Place:
    """Return `place` with what reads its text as `kind`.

    Only what a reader sees is written in the language of the site: attributes and JSON are for machines.
    Whoever gives `clean` reads for himself.
    """
    steps = place.steps
    if not steps and isinstance(place, Selector) and place.reads_text:
        reader = reading.reader(kind)
        steps = () if reader is None else (reader,)
    if kind is date and any(isinstance(step, Dates) for step in steps):
        steps = (*steps, _day)
    return place if steps == place.steps else replace(place, clean=steps)


def _day(moment: Any) -> Any:
    return moment.date() if isinstance(moment, datetime) else moment
