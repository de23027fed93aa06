"""Private files: nobody else may look at them, and they are replaced whole or not at all."""

from __future__ import annotations

import os
import secrets
import shlex
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from scraper.errors import ConfigError

FOLDER_VARIABLE = "SCRAPER_STATE_DIR"

_NO_LINK: int = getattr(os, "O_NOFOLLOW", 0)
_BINARY: int = getattr(os, "O_BINARY", 0)


class _Kind(NamedTuple):
    """What a path should be, and the mode that keeps it private."""

    noun: str
    fits: Callable[[int], bool]
    mode: str


_FOLDER = _Kind("folder", stat.S_ISDIR, "700")
_FILE = _Kind("file", stat.S_ISREG, "600")


@contextmanager
def explaining(failure: str) -> Iterator[None]:
    """Raise an `OSError` as the `ConfigError` that says what failed and what helps."""
    try:
        yield
    except OSError as error:
        raise ConfigError(
            f"{failure}: {error.strerror or error}. Put that right, or choose another folder with the "
            f"environment variable {FOLDER_VARIABLE}."
        ) from error


def make_folder(folder: Path) -> None:
    """Make a private folder, if there is none. Raises `ConfigError` where it cannot be, or is not private."""
    with explaining(f"The folder {folder} cannot be made"):
        folder.mkdir(0o700, parents=True, exist_ok=True)
    check_folder(folder)


def check_folder(folder: Path) -> bool:
    """Return whether there is such a folder; raise `ConfigError` where it is not private."""
    return _check(folder, _FOLDER)


def read(path: Path) -> bytes | None:
    """Return what is in a private file, where there is one.

    Raises `ConfigError` where it is not private, or cannot be read.
    """
    with explaining(f"The file {path} cannot be read"):
        if not _check(path, _FILE):
            return None
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | _NO_LINK)) as stream:
            _check_status(path, _FILE, os.fstat(stream.fileno()))
            return stream.read()


def write(path: Path, data: bytes) -> None:
    """Put `data` in the place of a private file; killed or out of space meanwhile, the old one is intact.

    Raises `ConfigError` where the old file is not private, or the new one cannot be written.
    """
    _check(path, _FILE)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    with explaining(f"The file {path} cannot be written"):
        try:
            _write_new(draft, data)
            os.replace(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    _sync_folder(path.parent)


def remove(path: Path) -> bool:
    """Remove a file; return whether there was one. Raises `ConfigError` where it cannot be removed."""
    with explaining(f"The file {path} cannot be removed"):
        try:
            path.unlink()
        except FileNotFoundError:
            return False
    _sync_folder(path.parent)
    return True


def remove_drafts(folder: Path) -> None:
    """Remove what processes left that were killed while they wrote; nobody may be writing now."""
    for draft in folder.glob(".*.tmp"):
        remove(draft)


def _check(path: Path, kind: _Kind) -> bool:
    with explaining(f"The {kind.noun} {path} cannot be looked at"):
        try:
            status = os.lstat(path)
        except FileNotFoundError:
            return False
    _check_status(path, kind, status)
    return True


def _check_status(path: Path, kind: _Kind, status: os.stat_result) -> None:
    name = f"The {kind.noun} {path}"
    if stat.S_ISLNK(status.st_mode):
        raise ConfigError(
            f"{name} is a symbolic link, which may lead anywhere; put the {kind.noun} itself there."
        )
    if not kind.fits(status.st_mode):
        raise ConfigError(f"{name} is no {kind.noun} at all; move away what is there.")
    if not hasattr(os, "geteuid"):  # Windows, where a user's folders are closed to others
        return
    if status.st_uid != os.geteuid():
        raise ConfigError(
            f"{name} belongs to another user, who can change it; choose another folder with the environment "
            f"variable {FOLDER_VARIABLE}."
        )
    if status.st_mode & 0o077:
        raise ConfigError(
            f"{name} is open to other users (its mode is {stat.S_IMODE(status.st_mode):o}); "
            f"run `chmod {kind.mode} {shlex.quote(str(path))}`."
        )


def _write_new(path: Path, data: bytes) -> None:
    """Write a file that is not there yet, and wait until it is on the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
    try:
        while data:
            data = data[os.write(descriptor, data) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    """Wait until a folder's entries are on the disk, where the system can do that."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
