"""`data_rows_of`: the list that a JSON answer holds, as rows with fields."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scraper.errors import FetchError
from scraper.propose.fields import MOST_FIELDS, Field
from scraper.propose.kinds import TEXT, Kind, kind_of
from scraper.propose.names import singular, snake
from scraper.response import Response

DEEPEST = 4
_NEXT = ("next", "next_url", "nextUrl", "next_page_url", "nextPage", "next_page", "nextLink")
_PLAIN_KEY = re.compile(r"[A-Za-z_]\w*", re.ASCII)


@dataclass(frozen=True)
class DataRows:
    """A list in a JSON answer: its JMESPath, what one of it is called, its fields, and its length."""

    query: str
    name: str
    fields: tuple[Field, ...]
    count: int
    following: str = ""
    """The key under which the answer names the next page."""


def data_rows_of(page: Response) -> DataRows | None:
    """Return the longest list of objects in a JSON answer; ``None`` where it has none, or is no JSON."""
    try:
        data = page.json()
    except FetchError:
        return None
    lists = list(_lists(data, ()))
    if not lists:
        return None
    way, rows = max(lists, key=lambda pair: len(pair[1]))
    name = singular(snake(way[-1])) if way else ""
    following = next((key for key in _NEXT if isinstance(data, dict) and _is_address(data.get(key))), "")
    return DataRows(".".join(way) or "[]", name, tuple(_fields(rows)), len(rows), following)


def _is_address(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("/", "?", "http://", "https://"))


def _lists(data: Any, way: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], list[dict[str, Any]]]]:
    if isinstance(data, list) and data and all(isinstance(row, dict) for row in data):
        yield way, data
    elif isinstance(data, dict) and len(way) < DEEPEST:
        for key, value in data.items():
            if _PLAIN_KEY.fullmatch(key):
                yield from _lists(value, (*way, key))


def _fields(rows: list[dict[str, Any]]) -> Iterator[Field]:
    keys = dict.fromkeys(key for row in rows for key in row if _PLAIN_KEY.fullmatch(key))
    columns = {key: [row.get(key) for row in rows] for key in keys}
    plain = [(key, values, kind) for key, values in columns.items() if (kind := _kind(values)) is not None]
    for key, values, kind in plain[:MOST_FIELDS]:
        is_many = any(isinstance(value, list) for value in values)
        example = next((str(value) for value in values if value is not None), "")
        is_optional = any(value is None for value in values)
        yield Field(snake(key) or "value", kind, key, "", is_many, is_optional, example)


def _kind(values: list[Any]) -> Kind | None:
    """Return what all values of a key are; ``None`` for objects, and where there is nothing."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return Kind("bool")
    if kinds == {int}:
        return Kind("int")
    if kinds and kinds <= {int, float}:
        return Kind("float")
    if kinds == {str}:
        found = kind_of(value for value in values if value)
        return found if found.annotation in ("date", "datetime") else TEXT
    is_texts = kinds == {list} and all(isinstance(part, str) for value in values for part in value or ())
    return TEXT if is_texts else None
