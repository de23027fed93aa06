"""JSON Lines: an item a line, in UTF-8."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from scraper.export.files import as_text
from scraper.export.records import Records
from scraper.record import add


def write(records: Records, stream: BinaryIO) -> int:
    """Write every item as a line."""
    rows = 0
    with as_text(stream) as text:
        for line in objects(records):
            text.write(f"{line}\n")
            rows += 1
    return rows


def objects(records: Records) -> Iterator[str]:
    """Yield the JSON of every item; where there are several types, with the member ``_type``."""
    if len(records.types()) < 2:
        return (text for _, text in records.rows())
    return (add(text, {"_type": type}) for type, text in records.rows())
