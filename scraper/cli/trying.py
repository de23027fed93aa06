"""`try_item`: what a class or a selector finds on a page, shown."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from scraper.item import Hits
from scraper.item.reject import excerpt_of
from scraper.redact import redact
from scraper.response import Response
from scraper.selector import Selector

MATCHES, REJECTS = 5, 3
"""So many matches, and so many rejected rows, are shown."""

LONGEST = 60
"""Characters of a value that is shown."""


def try_item(response: Response, what: Any, console: Console) -> None:
    """Show what a class of items, or a CSS selector, finds on a page: how often, and what first."""
    if isinstance(what, str):
        _try_selector(response, what, console)
    else:
        _try_class(response, what, console)


def _try_selector(response: Response, query: str, console: Console) -> None:
    selector = Selector("css", query)
    values = list(selector.values(response.tree, response.base_url)) if response.is_markup else []
    console.print(f"{len(values)} matches of {selector}", markup=False, highlight=False)
    elements = selector.elements(response.tree) if values else []
    table = _table("value", "HTML") if elements else _table("value")
    for number, value in enumerate(values[:MATCHES]):
        excerpt = [_cell(excerpt_of(elements[number]))] if elements else []
        table.add_row(_cell(value), *excerpt)
    if values:
        console.print(table)


def _try_class(response: Response, cls: Any, console: Console) -> None:
    page = copy.copy(response)
    page.rejects, page.hits = [], Hits()
    items = list(page.items(cls))
    console.print(
        f"{len(items)} items of {cls.__name__}, {len({reject.n for reject in page.rejects})} rows rejected",
        markup=False,
        highlight=False,
    )
    table = _table("field", "selector", "found", "first value")
    for (_, field, selector), (hits, misses) in page.hits.counts().items():
        found = f"{hits} of {hits + misses}" if field != "(rows)" else str(hits)
        table.add_row(*map(_cell, (field, selector, found, _first(items, field))))
    console.print(table)
    for reject in page.rejects[:REJECTS]:
        console.print(redact(f"row {reject.n}: {reject}"), markup=False, highlight=False)


def _first(items: Sequence[Any], field: str) -> Any:
    """Return the first value of a field, which may be nested."""
    value: Any = items[0] if items else ""
    for name in field.split(".") if items else ():
        value = value[0] if isinstance(value, list) and value else value
        value = getattr(value, name, "")
    return value


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _cell(value: Any) -> Text:
    text = redact(str(value))
    return Text(text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}...")
