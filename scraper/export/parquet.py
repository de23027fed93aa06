"""Parquet: typed columns, written a batch of rows at a time with pyarrow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO

from scraper.errors import ExportError
from scraper.export.columns import Column, columns
from scraper.export.records import Records
from scraper.record import dump, load

ROWS, CHARACTERS = 20_000, 1 << 23
"""The size of a row group: so many rows, or so much text, whichever comes first."""
WIDEST = 76
"""So many digits has the widest decimal of Arrow."""


def write(records: Records, stream: BinaryIO) -> int:
    """Write the items of one type; the columns have the types that hold all their values."""
    import pyarrow
    from pyarrow import parquet

    table = next(iter(columns(records).values()), {})
    schema = pyarrow.schema([(name, _arrow_type(column)) for name, column in table.items()])
    rows = 0
    try:
        with parquet.ParquetWriter(stream, schema, compression="zstd") as writer:
            for batch in _batches(records):
                arrays = [_array(batch, name, column, schema) for name, column in table.items()]
                writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))
                rows += len(batch)
    except pyarrow.ArrowException as error:
        raise ExportError(f"The items do not fit into Parquet: {error}. Export to .jsonl.") from error
    return rows


def _batches(records: Records) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    size = 0
    for _, text in records.rows():
        batch.append(load(text))
        size += len(text)
        if len(batch) >= ROWS or size >= CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _array(batch: list[dict[str, Any]], name: str, column: Column, schema: Any) -> Any:
    import pyarrow

    values: Iterator[Any] = (data.get(name) for data in batch)
    if convert := _converter(column):
        values = (None if value is None else convert(value) for value in values)
    return pyarrow.array(values, type=schema.field(name).type, size=len(batch))


def _arrow_type(column: Column) -> Any:
    import pyarrow

    if column.kind == "list":
        return pyarrow.list_(_arrow_type(column.element))
    if column.kind == "decimal" and not _is_too_wide(column):
        width = column.whole + column.fraction
        make = pyarrow.decimal128 if width <= 38 else pyarrow.decimal256
        return make(38 if width <= 38 else WIDEST, column.fraction)
    types: Mapping[str, Any] = {
        "bool": pyarrow.bool_(),
        "int": pyarrow.int64(),
        "float": pyarrow.float64(),
        "date": pyarrow.date32(),
        "datetime": pyarrow.timestamp("us"),
        "instant": pyarrow.timestamp("us", tz="UTC"),
    }
    return types.get(column.kind, pyarrow.string())


def _is_too_wide(column: Column) -> bool:
    return column.whole + column.fraction > WIDEST


def _converter(column: Column) -> Callable[[Any], Any] | None:
    """Return what makes of a value in JSON what Arrow wants; ``None`` where they are the same."""
    if column.kind == "list":
        convert = _converter(column.element)
        return convert and (lambda value: [None if one is None else convert(one) for one in value])
    if column.kind == "decimal" and _is_too_wide(column):
        return None
    return _CONVERTERS.get(column.kind)


_CONVERTERS: Mapping[str, Callable[[Any], Any]] = {
    "float": float,
    "decimal": Decimal,
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
    "instant": datetime.fromisoformat,
    "digits": str,
    "json": dump,
}
