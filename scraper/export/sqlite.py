"""SQLite: a table for each type of item, with declared columns."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from typing import Any, BinaryIO

from scraper.export.columns import Column, columns, distinct
from scraper.export.files import through_a_file
from scraper.export.records import Records
from scraper.record import dump, load

ROWS = 200

_DECLARED = {
    "bool": "BOOLEAN",
    "int": "INTEGER",
    "float": "REAL",
    "date": "DATE",
    "datetime": "DATETIME",
    "instant": "DATETIME",
}
_CONVERTERS: Mapping[str, Callable[[Any], Any]] = {"digits": str, "json": dump, "list": dump, "float": float}


def write(records: Records, stream: BinaryIO) -> int:
    """Write a table for each type. Nested values are JSON, decimals and integers over 64 bits text."""
    try:
        with through_a_file(stream) as path, closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode = OFF")
            db.execute("PRAGMA synchronous = OFF")
            db.execute("BEGIN")
            rows = sum(_write(db, records))
            db.execute("COMMIT")
    except sqlite3.Error as error:
        raise OSError(f"SQLite says: {error}") from error
    return rows


def _write(db: sqlite3.Connection, records: Records) -> Iterator[int]:
    tables = {type: kinds for type, kinds in columns(records).items() if kinds}
    named = zip(tables, distinct(map(_table, tables)), strict=True)
    insert = {type: _create(db, name, tables[type]) for type, name in named}
    convert = {type: _converters(kinds) for type, kinds in tables.items()}
    for type, batch in _batches(records):
        if type in tables:
            db.executemany(insert[type], (_row(data, convert[type]) for data in batch))
        yield len(batch)


def _table(type: str) -> str:
    """Return a name for a type's table; SQLite keeps those that begin with ``sqlite_`` to itself."""
    return f"_{type}" if type.lower().startswith("sqlite_") else _writable(type)


def _create(db: sqlite3.Connection, table: str, kinds: Mapping[str, Column]) -> str:
    """Create a table, and return the statement that adds a row to it."""
    declared = (
        f"{_quoted(name)} {_DECLARED.get(column.kind, 'TEXT')}"
        for name, column in zip(distinct(map(_writable, kinds)), kinds.values(), strict=True)
    )
    db.execute(f"CREATE TABLE {_quoted(table)} ({', '.join(declared)})")
    return f"INSERT INTO {_quoted(table)} VALUES ({', '.join('?' * len(kinds))})"  # noqa: S608


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _writable(name: str) -> str:
    """Return a name without NUL, at which SQLite would stop to read."""
    return name.replace("\0", "\ufffd")


def _converters(kinds: Mapping[str, Column]) -> list[tuple[str, Callable[[Any], Any] | None]]:
    return [(name, _CONVERTERS.get(column.kind)) for name, column in kinds.items()]


def _row(data: Mapping[str, Any], convert: Iterable[tuple[str, Callable[[Any], Any] | None]]) -> list[Any]:
    values = ((data.get(name), to) for name, to in convert)
    return [value if value is None or to is None else to(value) for value, to in values]


def _batches(records: Records) -> Iterator[tuple[str, list[Any]]]:
    """Yield the items of each type, some at a time."""
    waiting: dict[str, list[Any]] = {}
    for type, text in records.rows():
        batch = waiting.setdefault(type, [])
        batch.append(load(text))
        if len(batch) >= ROWS:
            yield type, waiting.pop(type)
    yield from waiting.items()
