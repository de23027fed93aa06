"""An item as a record: its type's name, its data as JSON text, and what its class says of the fields.

The text is RFC 8259: UTF-8 without halves of characters (U+FFFD stands for each), ``null`` for NaN and
infinities. Numbers have as many digits as they need.
"""

from __future__ import annotations

import dataclasses
import json
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Self, Union, get_args, get_origin, get_type_hints

import pydantic_core
from pydantic import BaseModel

from scraper.charset import without_surrogates

_KINDS: Mapping[Any, str] = {
    str: "str",
    bool: "bool",
    int: "int",
    float: "float",
    Decimal: "decimal",
    date: "date",
    datetime: "datetime",
}
MANY = (list, tuple, set, frozenset)


def encode(item: Any) -> tuple[str, str]:
    """Return an item as its type's name and JSON: an `Item`, a mapping, a dataclass or an attrs object."""
    if hasattr(type(item), "__attrs_attrs__"):
        data: Any = values_of(item)
    elif isinstance(item, Mapping | BaseModel) or is_dataclass(item):
        data = item
    else:
        raise TypeError(f"parse gave {item!r}; it may give items, mappings and requests")
    return "item" if isinstance(item, Mapping) else type(item).__name__, dump(data)


def dump(data: Any) -> str:
    """Return data as compact JSON."""
    try:
        return pydantic_core.to_json(data, inf_nan_mode="null").decode()
    except pydantic_core.PydanticSerializationError:
        return pydantic_core.to_json(_whole(data), inf_nan_mode="null").decode()


def _whole(value: Any) -> Any:
    """Return data in which no string holds half a character."""
    if isinstance(value, str):
        return without_surrogates(value)
    if isinstance(value, BaseModel):
        return _whole(value.model_dump(by_alias=True))
    if has_fields(type(value)):
        return _whole(values_of(value))
    if isinstance(value, Mapping):
        return {_whole(name): _whole(one) for name, one in value.items()}
    return [_whole(one) for one in value] if isinstance(value, MANY) else value


def has_fields(cls: Any) -> bool:
    """Whether `cls` is a dataclass or an attrs class."""
    return is_dataclass(cls) or hasattr(cls, "__attrs_attrs__")


def values_of(item: Any) -> dict[str, Any]:
    """Return what the fields of an object of such a class hold, by their names."""
    return {field.name: getattr(item, field.name) for field in _declared(type(item))}


def _declared(cls: Any) -> Iterable[Any]:
    return cls.__attrs_attrs__ if hasattr(cls, "__attrs_attrs__") else dataclasses.fields(cls)


def load(text: str) -> Any:
    """Return the data of JSON text. An integer of more digits than Python reads stays text."""
    try:
        return pydantic_core.from_json(text)
    except ValueError:
        return _whole(json.loads(text, parse_int=_integer))


def _integer(digits: str) -> int | str:
    try:
        return int(digits)
    except ValueError:
        return digits


def tidy(text: str) -> str:
    """Return the JSON text of an item as an object that holds no half of a character."""
    if "\\ud" in text or "\\uD" in text:
        text = dump(load(text))
    return text if text.startswith("{") else f'{{"value":{text}}}'


def add(text: str, members: Mapping[str, Any]) -> str:
    """Return the JSON text of an object with more members; one that it has itself stays as it is."""
    if any(f'"{name}"' in text for name in members):
        own = load(text)
        members = {name: value for name, value in members.items() if name not in own}
    if not members:
        return text
    return f"{text[:-1]}{',' if len(text) > 2 else ''}{dump(members)[1:]}"


@dataclass(frozen=True)
class Description:
    """What a class says of its items: the kinds of its fields, in order, and which fields are its key.

    A kind is ``str``, ``bool``, ``int``, ``float``, ``decimal``, ``date``, ``datetime``, ``list[...]`` of one
    of them, or ``None`` where it is something else.
    """

    fields: Mapping[str, str | None] = dataclasses.field(default_factory=dict)
    key: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return it as the JSON that a job keeps."""
        return dump({"fields": self.fields, "key": self.key})

    @classmethod
    def read(cls, text: str) -> Self:
        """Return what ``str`` made text of."""
        data = load(text)
        return cls(data["fields"], tuple(data["key"]))


def describe(classes: type[Any] | Iterable[type[Any]]) -> tuple[tuple[str, str], ...]:
    """Return the name and the description, as JSON, of a class of items or of several; a mapping has none."""
    several: Iterable[Any] = [classes] if isinstance(classes, type) else classes
    return tuple((cls.__name__, _description(cls)) for cls in several if not issubclass(cls, Mapping))


@cache
def _description(cls: Any) -> str:
    names = {name: written for name, written, _ in _fields(cls)}
    key = [names.get(name, name) for name in getattr(cls, "__key__", ())]
    return str(Description({written: _kind(hint) for _, written, hint in _fields(cls)}, tuple(key)))


def _fields(cls: type[Any]) -> Iterator[tuple[str, str, Any]]:
    """Yield each field's name, its name in JSON, and its annotation."""
    if issubclass(cls, BaseModel):
        for name, field in cls.model_fields.items():
            if not field.exclude:
                yield name, field.serialization_alias or name, field.annotation
        for name, computed in cls.model_computed_fields.items():
            yield name, computed.alias or name, computed.return_type
    elif has_fields(cls):
        hints = hints_of(cls)
        for one in _declared(cls):
            yield one.name, one.name, hints.get(one.name)


def hints_of(cls: type[Any]) -> dict[str, Any]:
    """Return a class's annotations; none where one names what cannot be found."""
    try:
        return get_type_hints(cls)
    except NameError:
        return {}


def members(annotation: Any) -> tuple[Any, ...]:
    """Return the types of a union, or the one that it is."""
    is_union = get_origin(annotation) in (Union, types.UnionType)
    return get_args(annotation) if is_union else (annotation,)


def _kind(hint: Any) -> str | None:
    """Return the kind of an annotation, whether or not it allows ``None``."""
    if get_origin(hint) is Annotated:
        return _kind(get_args(hint)[0])
    options = [option for option in members(hint) if option is not type(None)]
    if options != [hint]:
        return _kind(options[0]) if len(options) == 1 else None
    if (get_origin(hint) or hint) in MANY:
        inner = _kind((get_args(hint) or (str,))[0])
        return f"list[{inner}]" if inner in _KINDS.values() else None
    return _KINDS.get(hint) if isinstance(hint, type) else None
