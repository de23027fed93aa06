"""Reading exported files again, with other libraries than those that wrote them where there are some."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils.escape import unescape
from pyarrow import parquet


def read(path: Path, table: str | None = None) -> list[dict[str, Any]]:
    """Return the rows of an exported file, or those of one table or sheet of it."""
    if path.suffix == ".gz":
        plain = path.with_suffix("")
        assert not plain.exists()
        plain.write_bytes(gzip.decompress(path.read_bytes()))
        try:
            return read(plain, table)
        finally:
            plain.unlink()
    if path.suffix in (".sqlite", ".xlsx"):
        return {".sqlite": _sqlite, ".xlsx": _xlsx}[path.suffix](path, table)
    return {".csv": _csv, ".json": _json, ".jsonl": _jsonl, ".parquet": _parquet}[path.suffix](path)


def _csv(path: Path) -> list[dict[str, Any]]:
    csv.field_size_limit(1 << 30)
    with io.StringIO(path.read_bytes().decode("utf-8"), newline="") as stream:
        header, *rows = list(csv.reader(stream)) or [[]]
    return [dict(zip(header, row, strict=True)) for row in rows]


def _json(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_bytes(), parse_constant=None)
    return found


def _jsonl(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


def _parquet(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = parquet.ParquetFile(path).read().to_pylist()
    return found


def _sqlite(path: Path, table: str | None) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_master")]
        name = (table or next(iter(names))).replace('"', '""')
        return [dict(row) for row in db.execute(f'SELECT * FROM "{name}"')]


def _xlsx(path: Path, table: str | None) -> list[dict[str, Any]]:
    book = openpyxl.load_workbook(path, read_only=True)
    with closing(book):
        sheet = book[table] if table else book.worksheets[0]
        sheet.reset_dimensions()
        header, *rows = [[_cell(cell) for cell in row] for row in sheet.rows] or [[]]
    return [dict(zip(header, [*row, *[None] * (len(header) - len(row))], strict=True)) for row in rows]


def _cell(cell: Any) -> Any:
    assert cell.data_type != "f", "a formula"
    return unescape(cell.value) if isinstance(cell.value, str) else cell.value
