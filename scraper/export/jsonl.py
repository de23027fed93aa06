"""JSON Lines: an item a line."""

from __future__ import annotations

import json
from typing import TextIO

from scraper.export.files import Items


def write(items: Items, stream: TextIO) -> int:
    """Write every item as a line."""
    rows = 0
    for _, data in items():
        stream.write(json.dumps(data, ensure_ascii=False) + "\n")
        rows += 1
    return rows
