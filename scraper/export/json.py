"""JSON as RFC 8259 says: one list of all items, an item a line, in UTF-8."""

from __future__ import annotations

from typing import BinaryIO

from scraper.export.files import as_text
from scraper.export.jsonl import objects
from scraper.export.records import Records


def write(records: Records, stream: BinaryIO) -> int:
    """Write all items as one list."""
    rows = 0
    with as_text(stream) as text:
        for rows, item in enumerate(objects(records), start=1):
            text.write(f",\n{item}" if rows > 1 else f"[\n{item}")
        text.write("\n]\n" if rows else "[]\n")
    return rows
