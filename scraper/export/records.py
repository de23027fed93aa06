"""What an export reads: items as their type's name and JSON text, pass by pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from scraper.record import Description, dump, tidy

Items = Callable[[], Iterable[tuple[str, Mapping[str, Any]]]]
"""Gives, each time that it is called, all items: the type's name and the data. ``Job.items`` is one."""


class Records(Protocol):
    """All items of an export. ``Job.records()`` gives them, with what the classes say of the fields."""

    @property
    def described(self) -> Mapping[str, Description]:
        """What is known of types, by their names; some may have no item."""

    @property
    def extras(self) -> Mapping[str, str]:
        """The kinds of the members that were added to every item."""

    def types(self) -> list[str]:
        """Return the types of the items, in the order in which they come."""

    def rows(self) -> Iterator[tuple[str, str]]:
        """Yield each item as its type's name and the JSON text of an object; anew with each call."""


@dataclass(frozen=True)
class Plain:
    """Items of which no more is known than their data."""

    items: Items
    described: Mapping[str, Description] = field(default_factory=dict)
    extras: Mapping[str, str] = field(default_factory=dict)

    def types(self) -> list[str]:
        """Return the types of the items, in the order in which they come."""
        return list(dict.fromkeys(type for type, _ in self.items()))

    def rows(self) -> Iterator[tuple[str, str]]:
        """Yield each item as its type's name and JSON."""
        return ((type, tidy(dump(data))) for type, data in self.items())


class OfType:
    """The items of one type among others."""

    def __init__(self, records: Records, type: str) -> None:
        self._records, self._type, self.extras = records, type, records.extras
        self.described = {name: one for name, one in records.described.items() if name == type}

    def types(self) -> list[str]:
        """Return that type."""
        return [self._type]

    def rows(self) -> Iterator[tuple[str, str]]:
        """Yield each item of that type."""
        return (row for row in self._records.rows() if row[0] == self._type)
