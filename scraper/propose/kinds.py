"""What texts that stand in one column are: numbers, money, dates, or just texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple


class Kind(NamedTuple):
    """How a column is declared: its type, the pattern that cuts it out, and what cleans it, as source."""

    annotation: str
    pattern: str = ""
    clean: str = ""


TEXT = Kind("str")

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?")
_WHOLE = re.compile(r"-?(0|[1-9]\d{0,8})")
_DECIMAL = re.compile(r"-?\d+(\.\d+)?")
_SHARE = re.compile(r"\d{1,3}\s*(of|/|out of|von|de|sur|su|van|av|из)\s*\d{1,4}\b[^\d]*")
_CURRENCY = r"(?:[A-Z]{0,2}[$€£¥₹₽₩₺]|EUR|USD|GBP|CHF|JPY|CAD|AUD|SEK|NOK|DKK|PLN|CZK|RUB|R\$|zł|kr\.?|Kč)"
_UNIT = rf"(?:{_CURRENCY}|%|k?g|[kcm]?m|ml|l|min|h|[KMG]i?B)"
_AMOUNT = re.compile(rf"(?:{_CURRENCY}\s*)?(-?\d[\d.,]*)\s*{_UNIT}?")
_PLAIN = re.compile(r"-?\d+(\.\d{1,2})?")
_ENGLISH = re.compile(r"-?\d{1,3}(,\d{3})*(\.\d+)?|-?\d+(\.\d+)?")
_CONTINENTAL = re.compile(r"-?\d{1,3}(\.\d{3})*(,\d+)?|-?\d+(,\d+)?")


def kind_of(values: Iterable[str]) -> Kind:
    """Return what all of `values` are; only what is plain is more than a text."""
    texts = [value.strip() for value in values if value.strip()]
    for are, kind in _KINDS:
        if texts and are(texts):
            return kind
    return _amounts(texts) if texts else TEXT


def _amounts(texts: Sequence[str]) -> Kind:
    """Return how numbers beside a unit or a currency are cut out."""
    found = [_AMOUNT.fullmatch(text) for text in texts]
    numbers = [match[1] for match in found if match]
    if numbers == texts:
        has_fraction = any("." in text for text in texts)
        return Kind("Decimal") if has_fraction and all(map(_DECIMAL.fullmatch, texts)) else TEXT
    if len(numbers) < len(texts):
        return TEXT
    sign = "-?" if any("-" in number for number in numbers) else ""
    for form, pattern, clean in _WRITTEN:
        if all(map(form.fullmatch, numbers)):
            return Kind("Decimal", f"{sign}{pattern}", clean)
    return TEXT


def _all(form: re.Pattern[str]) -> Callable[[Sequence[str]], bool]:
    return lambda texts: all(map(form.fullmatch, texts))


_KINDS: tuple[tuple[Callable[[Sequence[str]], bool], Kind], ...] = (
    (_all(_DAY), Kind("date")),
    (_all(_MOMENT), Kind("datetime")),
    (_all(_WHOLE), Kind("int")),
    (_all(_SHARE), Kind("int", r"\d+")),
)
_WRITTEN = (
    (_PLAIN, r"[\d.]+", ""),
    (_ENGLISH, r"[\d.,]+", 'lambda text: text.replace(",", "")'),
    (_CONTINENTAL, r"[\d.,]+", 'lambda text: text.replace(".", "").replace(",", ".")'),
)
