"""Files that are replaced whole or not at all."""

from __future__ import annotations

import gzip
import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, TextIO, cast


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file beside `path`, and put it in its place once it is written and on the disk."""
    path = path.resolve()
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with draft.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def zipped(stream: BinaryIO) -> Iterator[BinaryIO]:
    """Compress what is written, to the same bytes each time: without a name or a moment."""
    with gzip.GzipFile(fileobj=stream, mode="wb", filename="", mtime=0, compresslevel=6) as inner:
        yield cast(BinaryIO, inner)


@contextmanager
def as_text(stream: BinaryIO) -> Iterator[TextIO]:
    """Write text as UTF-8, with line ends as they are."""
    text = io.TextIOWrapper(stream, encoding="utf-8", errors="replace", newline="", write_through=False)
    try:
        yield text
        text.flush()
    finally:
        text.detach()


@contextmanager
def through_a_file(stream: BinaryIO) -> Iterator[Path]:
    """Give the path of a file that is copied to the stream in the end, for what cannot write in one go."""
    with TemporaryDirectory(prefix="export-") as folder:
        path = Path(folder) / "draft"
        yield path
        with path.open("rb") as finished:
            shutil.copyfileobj(finished, stream, 1 << 20)
