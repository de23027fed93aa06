"""`Storage`: where fetched files lie, by their content; and what is there of one that broke off."""

from __future__ import annotations

import hashlib
import json
import mimetypes
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from scraper import private
from scraper.errors import FetchError, TooLarge
from scraper.redact import redact_url

PARTS = ".parts"
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}")
_RANGE = re.compile(r"bytes (\d{1,19})-\d+/(?:\d+|\*)")
DIGITS = 20
"""So many digits of a length are read: that is more than any limit."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A file that was fetched: where it lies, its SHA-256, its bytes, and its media type."""

    path: str
    sha256: str
    size: int
    type: str


class Storage:
    """A folder of files, each under the SHA-256 of its content, so that none is there twice."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    def part(self, url: str, account: str | None) -> Part:
        """Return what there is of the file at `url`, as that account gets it."""
        key = hashlib.blake2b(f"{account or ''}\n{url}".encode(), digest_size=16).hexdigest()
        return Part(self, self.folder / PARTS / key, url)

    def keep(self, part: Path, url: str, type: str) -> Saved:
        """Put a file that is whole in its place."""
        with part.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            os.fsync(stream.fileno())
        size = part.stat().st_size
        place = self.folder / digest[:2] / f"{digest}{_suffix(url, type)}"
        private.make_folder(place.parent)
        part.replace(place)
        return Saved(place.as_posix(), digest, size, type)


class Part:
    """A file that is being fetched; a context manager, of which one at a time works on an address."""

    def __init__(self, storage: Storage, path: Path, url: str) -> None:
        self.storage, self.path, self.url = storage, path, url
        self._about = path.with_suffix(".json")
        self._lock = FileLock(path.with_suffix(".lock"), mode=0o600)

    def __enter__(self) -> Self:
        with self._writing():
            private.make_folder(self.path.parent)
            try:
                self._lock.acquire(timeout=0)
            except Timeout:
                raise FetchError(f"Another process fetches {redact_url(self.url)} at this moment.") from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()
        if not self.path.exists():
            Path(self._lock.lock_file).unlink(missing_ok=True)

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return self.path.stat().st_size if self.path.exists() else 0

    def headers(self) -> dict[str, str]:
        """Return what asks for the rest, if the file is still the same; and for the bytes as they are."""
        plain = {"Accept-Encoding": "identity"}
        mark = self._mark()
        return {**plain, "Range": f"bytes={self.size}-", "If-Range": mark} if mark and self.size else plain

    def take(self, status: int, headers: Mapping[str, str], chunks: Iterable[bytes], limit: int) -> None:
        """Write an answer down, at most `limit` bytes in all. Raises `TooLarge`, and what reading raises."""
        start = self._start(status, headers)
        if start + _number(headers.get("Content-Length", "")) > limit:
            raise self._too_large(limit)
        self._note(headers)
        with self._writing(), open(self.path, "r+b" if start else "wb", opener=_private) as stream:
            stream.truncate(stream.seek(start))
        for chunk in chunks:
            start += len(chunk)
            if start > limit:
                self.drop()
                raise self._too_large(limit)
            with self._writing(), self.path.open("ab") as stream:
                stream.write(chunk)

    def finish(self, type: str) -> Saved:
        """Put the file in its place; it is whole."""
        with self._writing():
            saved = self.storage.keep(self.path, self.url, type)
        self.drop()
        return saved

    def drop(self) -> None:
        """Let go of what there is."""
        for path in (self.path, self._about):
            path.unlink(missing_ok=True)

    def _start(self, status: int, headers: Mapping[str, str]) -> int:
        """Return where in the file an answer begins."""
        if status != 206:
            return 0
        match = _RANGE.match(headers.get("Content-Range", ""))
        if match is None or int(match[1]) > self.size:
            self.drop()
            raise FetchError(f"{redact_url(self.url)} answered with another part than was asked for.")
        return int(match[1])

    def _mark(self) -> str:
        """Return what tells this version of the file from others, as far as the server said so."""
        with suppress(OSError, ValueError):
            about = json.loads(self._about.read_text(encoding="utf-8"))
            return str(about["mark"])
        return ""

    def _note(self, headers: Mapping[str, str]) -> None:
        """Keep what tells this version from others (RFC 9110, 13.1.5); one that is encoded has no parts."""
        etag, date = headers.get("ETag", ""), headers.get("Last-Modified", "")
        is_plain = headers.get("Content-Encoding", "identity") == "identity"
        mark = etag if etag and not etag.startswith("W/") else date
        private.write(self._about, json.dumps({"mark": mark if is_plain else ""}).encode())

    def _too_large(self, limit: int) -> TooLarge:
        return TooLarge(
            f"{redact_url(self.url)} is a file of more than {limit} bytes; raise max_file to take it."
        )

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Raise what the disk says as a `FetchError` with a sentence."""
        try:
            yield
        except FetchError:
            raise
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise FetchError(
                f"{redact_url(self.url)} could not be written to {self.storage.folder}: {reason}."
            ) from error


def _private(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)


def _number(text: str) -> int:
    return int(text[:DIGITS]) if text.isascii() and text.isdecimal() else 0


def _suffix(url: str, type: str) -> str:
    """Return the ending of a file's name: that of its address, or what usually stands for its type."""
    ending = PurePosixPath(urlsplit(url).path).suffix
    if _SUFFIX.fullmatch(ending):
        return ending.lower()
    return mimetypes.guess_extension(type) or ""
