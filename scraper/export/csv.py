"""CSV as RFC 4180 says, with cells that a spreadsheet would run as a formula made harmless."""

from __future__ import annotations

import csv
import json
import re
from typing import Any, TextIO

from scraper.export.files import Items

_FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-]?[\d.,]*\d([eE][+-]?\d+)?%?")


def write(items: Items, stream: TextIO) -> int:
    """Write a header and a row for every item; the columns are the fields in the order they first appear."""
    columns = list(dict.fromkeys(name for _, data in items() for name in data))
    writer = csv.writer(stream)
    if columns:
        writer.writerow(map(cell, columns))
    rows = 0
    for _, data in items():
        writer.writerow(cell(data.get(name)) for name in columns)
        rows += 1
    return rows


def cell(value: Any) -> Any:
    """Return what stands in a cell: nested values as JSON, formulas behind an apostrophe."""
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value
