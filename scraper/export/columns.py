"""The columns of tables: their names, and the kinds of their values, found in one pass over the items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from scraper.export.records import Records
from scraper.record import Description, load

EXACT = 2**53
"""Up to so much every integer is a floating-point number too."""
LONG = 2**63
"""From here on an integer takes more than 64 bits."""

_PLAIN = {bool: "bool", float: "float", dict: "json"}


def names(records: Records) -> dict[str, list[str]]:
    """Return the columns of each type: the fields of its class in order, late ones, and what was added."""
    found: dict[str, dict[str, Any]] = {type: {} for type in _types(records)}
    for type, text in records.rows():
        data, known = load(text), found[type]
        if not data.keys() <= known.keys():
            known.update(dict.fromkeys(data))
    return {type: list(_in_order(known, type, records)) for type, known in found.items()}


def columns(records: Records) -> dict[str, dict[str, Column]]:
    """Return the columns of each type, as `names` does, with what is known of their values."""
    found: dict[str, dict[str, Column]] = {type: {} for type in _types(records)}
    declared = {type: _declared(type, records) for type in found}
    for type, text in records.rows():
        known = found[type]
        for name, value in load(text).items():
            column = known.get(name)
            if column is None:
                column = known[name] = Column(declared[type].get(name))
            column.see(value)
    for type, known in found.items():
        order = _in_order(known, type, records)
        found[type] = {name: known.get(name) or Column(kind) for name, kind in order.items()}
    return found


def _types(records: Records) -> list[str]:
    """Return the types of the items; where there is no item, those that are known."""
    return records.types() or list(records.described)


def _declared(type: str, records: Records) -> dict[str, str | None]:
    return {**records.described.get(type, Description()).fields, **records.extras}


def _in_order(found: Mapping[str, Any], type: str, records: Records) -> dict[str, str | None]:
    """Order the names of a type; fields of the class that no item has are left out, unless there is none."""
    declared = _declared(type, records)
    own = (name for name in declared if name not in records.extras)
    order = dict.fromkeys([*own, *(name for name in found if name not in records.extras), *records.extras])
    return {name: declared.get(name) for name in order if name in found or not found}


class Column:
    """What is known of the values of one field: the kind that its class declares, and what came.

    `kind` is ``str``, ``bool``, ``int`` (64 bits), ``digits`` (longer integers), ``float``, ``decimal``,
    ``date``, ``datetime``, ``instant`` (a moment with its offset), ``list`` (of such an `element`), or
    ``json``: anything nested, or of several kinds.
    """

    def __init__(self, declared: str | None = None) -> None:
        self.declared = declared
        self.whole = self.fraction = 0
        self._seen: set[str] = set()
        self._reads_text = declared in _READ

    @cached_property
    def element(self) -> Column:
        """What is known of the members of lists."""
        declared = self.declared or ""
        return Column(declared[5:-1] if declared.startswith("list[") else None)

    def see(self, value: Any) -> None:
        """Take note of a value."""
        kind = type(value)
        if kind is str:
            self._seen.add(self._kind_of_text(value) if self._reads_text else "str")
        elif kind is int:
            self._seen.add(_size(value))
        elif kind is list:
            self._seen.add("list")
            for one in value:
                self.element.see(one)
        elif value is not None:
            self._seen.add(_PLAIN[kind])

    def _kind_of_text(self, text: str) -> str:
        """Return what a text is that may be what its class declares, and remember how many digits it has."""
        try:
            value = _READ[self.declared or ""](text)
        except (ValueError, InvalidOperation):
            return "str"
        if isinstance(value, Decimal):
            return self._measure(value)
        return "instant" if getattr(value, "tzinfo", None) is not None else str(self.declared)

    def _measure(self, value: Decimal) -> str:
        if not value.is_finite():
            return "str"
        _, digits, exponent = value.as_tuple()
        assert isinstance(exponent, int)
        self.whole = max(self.whole, len(digits) + exponent)
        self.fraction = max(self.fraction, -exponent)
        return "decimal"

    @cached_property
    def kind(self) -> str:
        """The kind that holds all values, exactly."""
        seen = frozenset(self._seen)
        if not seen:
            return self._kind_unseen()
        if len(seen) == 1:
            return self._kind_alone(*seen)
        if seen <= _TEXTS:
            return "str"
        return next((kind for kind, parts in _WIDER if seen <= parts), "json")

    def _kind_unseen(self) -> str:
        kind = self.declared or "str"
        return "list" if kind.startswith("list[") else kind

    def _kind_alone(self, kind: str) -> str:
        if kind == "list":
            return "json" if self.element.kind in ("json", "list") else "list"
        return "float" if kind == "exact" and self.declared == "float" else _NAMES.get(kind, kind)


def _size(value: int) -> str:
    """Return how large an integer is: ``exact`` as a float too, ``long`` in 64 bits, or ``digits``."""
    if -EXACT <= value <= EXACT:
        return "exact"
    return "long" if -LONG <= value < LONG else "digits"


_READ: Mapping[str, Any] = {
    "decimal": Decimal,
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
}
_NAMES = {"exact": "int", "long": "int"}
_TEXTS = frozenset({"str", *_READ, "instant"})
_WIDER = (
    ("int", {"exact", "long"}),
    ("digits", {"exact", "long", "digits"}),
    ("float", {"exact", "float"}),
)


def distinct(wanted: Iterable[str], longest: int | None = None) -> list[str]:
    """Return names of which no two differ in case alone: the second of a name ends in ``_2``."""
    taken: set[str] = set()
    return [_free(name, taken, longest) for name in wanted]


def _free(name: str, taken: set[str], longest: int | None) -> str:
    free, number = name[:longest], 1
    while free.casefold() in taken:
        number += 1
        end = f"_{number}"
        free = f"{name[: None if longest is None else longest - len(end)]}{end}"
    taken.add(free.casefold())
    return free
