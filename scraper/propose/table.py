"""`table_of`: the first items of a page as a small table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from scraper.redact import redact

WIDTHS = (6, 24)
"""Characters of a column, at least and at most."""

GAP = 3


def table_of(items: Sequence[Any], width: int) -> Table:
    """Return items as a table of as many columns as fit into `width` characters; the rest is named below."""
    records = [{name: redact(_cell(value)) for name, value in item.model_dump().items()} for item in items]
    names = list(records[0]) if records else []
    shown = _fitting(names, records, width)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in shown:
        table.add_column(Text(name), overflow="ellipsis", no_wrap=True, max_width=WIDTHS[1])
    for record in records:
        table.add_row(*(Text(record[name]) for name in shown))
    if rest := names[len(shown) :]:
        table.caption = f"and {', '.join(rest)}"
    return table


def _fitting(names: Sequence[str], records: Sequence[Mapping[str, str]], width: int) -> list[str]:
    """Return the first names whose columns fit."""
    shown, used = [], 0
    for name in names:
        longest = max(len(text) for text in (name, *(record[name] for record in records)))
        used += min(max(longest, WIDTHS[0]), WIDTHS[1]) + GAP
        if used > width:
            break
        shown.append(name)
    return shown


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
