"""`Plan`: how items of a class are taken from an element, made once per class."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, NamedTuple

from scraper.errors import ConfigError, SelectorError
from scraper.item.classes import annotated_fields, builder, has_places, places
from scraper.item.hits import Count
from scraper.item.kinds import Reading, kind_of, reading_of
from scraper.record import members
from scraper.selector import MISSING, Place, Unclean

Loc = tuple[int | str, ...]


class Flaw(NamedTuple):
    """A value that `clean` refused: where in the item, and why."""

    loc: Loc
    error: Unclean


@dataclass(frozen=True, eq=False)
class Field:
    """How one field is taken from an element: its place, one or all, and what is nested in it."""

    name: str
    place: Place
    many: bool
    nested: Any
    instead: Any
    """What stands in where nothing matches."""

    def take(self, node: Any, base_url: str, within: Within) -> Any:
        """Return the raw value or list of values, ``MISSING`` where nothing matches."""
        if self.nested is not None:
            found = self._nested(node, base_url, within)
        else:
            found = list(self.place.values(node, base_url))
        return (found or MISSING) if self.many else found[0] if found else MISSING

    def _nested(self, node: Any, base_url: str, within: Within) -> list[dict[str, Any]]:
        plan = plan_of(self.nested)
        count = within.counts.inside(self.name, plan)
        matches = self.place.elements(node)
        for match in matches:
            if match is node and self in plan.fields:
                raise SelectorError(
                    f"{plan.type}.{self.name} would nest for ever: {self.place} matches the element that "
                    "it searches too; begin with :scope > or ./ to go one step down."
                )
        locs: Iterable[Loc] = ((self.name, n) for n in range(len(matches))) if self.many else [(self.name,)]
        return [
            plan.take(match, base_url, Within(count, within.flaws, (*within.loc, *loc)))
            for match, loc in zip(matches, locs, strict=False)
        ]


class Within(NamedTuple):
    """What goes along while an item is taken: what counts, the flaws found, and the place in the item."""

    counts: Count
    flaws: list[Flaw]
    loc: Loc = ()


@dataclass(frozen=True, eq=False)
class Plan:
    """How a whole class is taken from an element."""

    type: str
    fields: tuple[Field, ...]
    build: Callable[[dict[str, Any]], Any]

    @cached_property
    def labels(self) -> tuple[tuple[str, str], ...]:
        """The name of each field, and how its place is written."""
        return tuple((field.name, repr(field.place)) for field in self.fields)

    def take(self, node: Any, base_url: str, within: Within) -> dict[str, Any]:
        """Return the raw values in `node` by field name; what is missing is left out."""
        taken = {}
        count = within.counts
        count.taken += 1
        for n, field in enumerate(self.fields):
            try:
                if field.many or field.nested is not None:
                    value = field.take(node, base_url, within)
                else:
                    value = field.place.first(node, base_url)
                    value = MISSING if value is None else value
            except Unclean as error:
                within.flaws.append(Flaw((*within.loc, field.name), error))
                continue
            if value is MISSING:
                count.missed[n] += 1
                value = field.instead
                if value is MISSING:
                    continue
            taken[field.name] = value
        return taken


@cache
def plan_of(cls: Any) -> Plan:
    """Read how items of `cls` are extracted: a pydantic model, a dataclass or an attrs class."""
    fields = tuple(_fields(cls))
    if not fields:
        raise ConfigError(f"{cls.__name__} has no field that says where it stands; give one with css(...).")
    return Plan(cls.__name__, fields, builder(cls))


def _fields(cls: type[Any]) -> Iterator[Field]:
    reading = getattr(cls, "__reading__", Reading())
    for name, annotation, metadata in annotated_fields(cls):
        place = next(places(metadata), None)
        if place is not None:
            yield _field(name, annotation, place, reading)


def _field(name: str, annotation: Any, place: Place, reading: Reading) -> Field:
    many, inner = kind_of(annotation)
    nested = inner if has_places(inner) else None
    optional = type(None) in members(annotation)
    instead = place.default if place.default is not MISSING else [] if many else None if optional else MISSING
    return Field(name, reading_of(place, inner, reading), many, nested, instead)
