"""CSV as RFC 4180 says, with cells that a spreadsheet would run as a formula made harmless."""

from __future__ import annotations

import csv
import json
import re
from typing import Any, BinaryIO

from scraper.export.columns import names
from scraper.export.files import as_text
from scraper.export.records import Records
from scraper.record import load

_RISKY = frozenset("=+-@\t\r\n＝＋－＠")
_as_json = json.JSONEncoder(ensure_ascii=False).encode
_NUMBER = re.compile(r"[+-]?[\d.,]*\d([eE][+-]?\d+)?%?")


def write(records: Records, stream: BinaryIO) -> int:
    """Write a header and a row for every item; a field that comes late gets a column too."""
    columns = next(iter(names(records).values()), [])
    rows = 0
    with as_text(stream) as text:
        write_row = csv.writer(text).writerow
        if columns:
            write_row(map(cell, columns))
        for _, line in records.rows():
            data = load(line)
            write_row([cell(data.get(name)) for name in columns])
            rows += 1
    return rows


def cell(value: Any) -> Any:
    """Return what stands in a cell: nested values as JSON, formulas behind an apostrophe."""
    if type(value) is str:
        is_formula = value[:1] in _RISKY and not _NUMBER.fullmatch(value)
        return f"'{value}" if is_formula else value
    return _as_json(value) if isinstance(value, dict | list) else value
