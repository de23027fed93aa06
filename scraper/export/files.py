"""Files that are replaced whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

Items = Callable[[], Iterator[tuple[str, dict[str, Any]]]]
"""Gives, each time that it is called, all items: the type's name and the data."""


@contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """Open a file beside `path`, and put it in its place once it is written and on the disk."""
    path = path.resolve()
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with draft.open("w", encoding="utf-8", errors="replace", newline="") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
