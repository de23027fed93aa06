"""Exports: the items of a job as files, one file of this folder a format."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TextIO

from scraper.errors import ConfigError, ExportError
from scraper.export import csv, json, jsonl
from scraper.export.files import Items, replacing

Writer = Callable[[Items, TextIO], int]

FORMATS: Mapping[str, Writer] = {".csv": csv.write, ".json": json.write, ".jsonl": jsonl.write}
STANDARD_OUTPUT = "-"


def check(target: str) -> None:
    """Raise `ConfigError` where `target` cannot be written: before a crawl, not after it."""
    if target == STANDARD_OUTPUT:
        return
    path = Path(target)
    if path.suffix not in FORMATS:
        known = ", ".join(FORMATS)
        raise ConfigError(f"{target} has no known format; its name may end in {known}, or be - for output.")
    if not path.parent.is_dir():
        raise ConfigError(f"The folder {path.parent} for {path.name} does not exist; make it first.")
    if not os.access(path.parent, os.W_OK):
        raise ConfigError(f"The folder {path.parent} for {path.name} may not be written to.")
    if path.is_dir():
        raise ConfigError(f"{target} is a folder; name a file.")


def export(items: Items, target: str) -> int:
    """Write items to `target` as its suffix says, and return how many; ``-`` is JSON Lines on stdout.

    A file is replaced whole or not at all. `items` is called for each pass over them. Raises `ConfigError`
    as `check` does, and `ExportError` where writing fails.
    """
    check(target)
    try:
        if target == STANDARD_OUTPUT:
            return _print(items)
        with replacing(Path(target)) as stream:
            return FORMATS[Path(target).suffix](items, stream)
    except OSError as error:
        raise ExportError(f"{target} could not be written: {error.strerror or error}.") from error


def _print(items: Items) -> int:
    """Write JSON Lines in UTF-8 to standard output; that nobody reads on, as ``head`` does, is no error."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        rows = jsonl.write(items, sys.stdout)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return rows
