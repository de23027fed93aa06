"""Where an export goes to: what its name says of the place, the format, and the types of items in it."""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from scraper.errors import ConfigError
from scraper.export import csv, json, jsonl, parquet, remote, sqlite, xlsx
from scraper.export.files import replacing, zipped
from scraper.export.records import Records
from scraper.redact import redact_url

STANDARD_OUTPUT = "-"
TYPE = "{type}"
"""Stands in a name for the type, so that each has a file of its own."""
GZIP = ".gz"

_URL = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)


@dataclass(frozen=True)
class Format:
    """How items become bytes, whether a file holds one type of them alone, and what has to be installed."""

    write: Callable[[Records, BinaryIO], int]
    is_of_one_type: bool = False
    module: str | None = None
    extra: str | None = None


FORMATS: Mapping[str, Format] = {
    ".csv": Format(csv.write, is_of_one_type=True),
    ".json": Format(json.write),
    ".jsonl": Format(jsonl.write),
    ".parquet": Format(parquet.write, is_of_one_type=True, module="pyarrow", extra="parquet"),
    ".sqlite": Format(sqlite.write),
    ".xlsx": Format(xlsx.write, module="xlsxwriter", extra="excel"),
}


@dataclass(frozen=True)
class Target:
    """A file that is to be written, here or elsewhere; its `name` is as the user gave it."""

    name: str

    @property
    def is_remote(self) -> bool:
        """Whether it is an address."""
        return _URL.match(self.name) is not None

    @property
    def file(self) -> PurePosixPath | Path:
        """The name of the file itself."""
        return PurePosixPath(self.name) if self.is_remote else Path(self.name)

    @property
    def is_zipped(self) -> bool:
        """Whether it is compressed."""
        return self.file.suffix.lower() == GZIP

    @property
    def suffix(self) -> str:
        """What names the format."""
        return Path(self.file.stem if self.is_zipped else self.file.name).suffix.lower()

    @property
    def format(self) -> Format:
        """The format that the name ends in."""
        return FORMATS[self.suffix]

    def __str__(self) -> str:
        """Return the name as it may be shown."""
        return redact_url(self.name) if self.is_remote else self.name

    def of(self, type: str) -> Target:
        """Return the target for the items of one type, by the name that it may have in a file's."""
        if TYPE in self.name:
            return Target(self.name.replace(TYPE, type))
        end = self.name[-len(self.suffix + (GZIP if self.is_zipped else "")) :]
        return Target(f"{self.name.removesuffix(end)}.{type}{end}")

    def check(self) -> None:
        """Raise `ConfigError` where it cannot be written."""
        if self.suffix not in FORMATS:
            known = ", ".join(FORMATS)
            raise ConfigError(
                f"{self} has no known format; its name may end in {known}, each also with {GZIP}, or be - "
                "for output."
            )
        if self.format.module is not None:
            _need(self.format.module, self.format.extra, str(self))
        if self.is_remote:
            _need("fsspec", "remote", str(self))
            remote.check(self.name)
        else:
            _check_place(Path(self.name))

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """Give what to write to; what was there is replaced once all is written."""
        place = remote.replacing(self.name) if self.is_remote else replacing(Path(self.name))
        with ExitStack() as stack:
            stream = stack.enter_context(place)
            yield stack.enter_context(zipped(stream)) if self.is_zipped else stream


def _check_place(path: Path) -> None:
    if TYPE in str(path.parent):
        raise ConfigError(f"{TYPE} may stand in the name of a file, not of its folder: {path}.")
    if not path.parent.is_dir():
        raise ConfigError(f"The folder {path.parent} for {path.name} does not exist; make it first.")
    if not os.access(path.parent, os.W_OK):
        raise ConfigError(f"The folder {path.parent} for {path.name} may not be written to.")
    if path.is_dir():
        raise ConfigError(f"{path} is a folder; name a file.")


def _need(module: str, extra: str | None, target: str) -> None:
    if importlib.util.find_spec(module) is None:
        raise ConfigError(
            f"{target} needs {module}, which is not installed; run: "
            f'pip install "login-aware-scraper[{extra}]"'
        )
