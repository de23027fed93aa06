"""JSON: one list of all items, an item a line."""

from __future__ import annotations

import json
from typing import TextIO

from scraper.export.files import Items


def write(items: Items, stream: TextIO) -> int:
    """Write all items as one list."""
    rows = 0
    for rows, (_, data) in enumerate(items(), start=1):
        stream.write(",\n" if rows > 1 else "[\n")
        stream.write(json.dumps(data, ensure_ascii=False))
    stream.write("\n]\n" if rows else "[]\n")
    return rows
