"""Exports: the items of a job as files, one file of this folder a format."""

from __future__ import annotations

import codecs
import io
import os
import re
import sys
from collections.abc import Iterator

from scraper.errors import ExportError
from scraper.export import jsonl
from scraper.export.columns import distinct
from scraper.export.records import Items, OfType, Plain, Records
from scraper.export.target import FORMATS, STANDARD_OUTPUT, TYPE, Target

__all__ = ["FORMATS", "STANDARD_OUTPUT", "Items", "Records", "check", "export", "exports"]


def check(target: str) -> None:
    """Raise `ConfigError` where `target` cannot be written: before a crawl, not after it."""
    if target != STANDARD_OUTPUT:
        Target(target).check()


def export(items: Records | Items, target: str, *, excel: bool = False) -> int:
    """Write items to `target` as `exports` does, and return how many."""
    return sum(rows for _, rows in exports(items, target, excel=excel))


def exports(items: Records | Items, target: str, *, excel: bool = False) -> Iterator[tuple[str, int]]:
    """Write items to `target` as its suffix says; yield the name of each file that came of it, and its items.

    ``-`` is JSON Lines on standard output. `items` are ``Job.records()``, or what gives all items with each
    call, as ``Job.items`` does. A file of CSV or Parquet holds one type: where there are several, or where
    the name has ``{type}`` in it, each gets a file of its own. With `excel` CSV begins with a byte-order
    mark.

    A file is replaced whole or not at all. Raises `ConfigError` as `check` does, and `ExportError` where
    writing fails.
    """
    check(target)
    records = Plain(items) if callable(items) else items
    file = wanted = Target(target)
    try:
        if target == STANDARD_OUTPUT:
            yield "standard output", _print(records)
            return
        for file, part in _files(records, wanted):
            yield str(file), _write(part, file, excel=excel)
    except OSError as error:
        raise ExportError(f"{file} could not be written: {error.strerror or error}.") from error


def _files(records: Records, target: Target) -> Iterator[tuple[Target, Records]]:
    """Yield the files that a target stands for, and what is to be in them."""
    types = records.types() or list(records.described)
    if TYPE not in target.name and (len(types) < 2 or not target.format.is_of_one_type):
        yield target, records
        return
    for type, name in zip(types, distinct(re.sub(r"[^\w.-]", "_", type) for type in types), strict=True):
        yield target.of(name), OfType(records, type)


def _write(records: Records, target: Target, *, excel: bool) -> int:
    with target.opened() as stream:
        if excel and target.suffix == ".csv":
            stream.write(codecs.BOM_UTF8)
        return target.format.write(records, stream)


def _print(records: Records) -> int:
    """Write JSON Lines in UTF-8 to standard output; that nobody reads on, as ``head`` does, is no error."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    rows = 0
    try:
        for line in jsonl.objects(records):
            sys.stdout.write(f"{line}\n")
            rows += 1
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return rows
