"""Where jobs lie: ``.scraper/jobs/<spider>/<UTC time>.sqlite``, and who works on one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from scraper import private
from scraper.errors import ConfigError

FOLDER = Path(".scraper")
PATIENCE = 1.0


def jobs(folder: Path, spider: str = "*") -> list[Path]:
    """Return the jobs in a folder, of one spider or of all, the oldest first."""
    return sorted(folder.glob(f"jobs/{spider}/*.sqlite"), key=_age)


def _age(path: Path) -> tuple[str, int, Path]:
    """Order jobs by when they were begun; those of one second are numbered."""
    stamp, _, number = path.stem.partition("-")
    return stamp, int(number) if number.isdecimal() else 1, path


def is_older(path: Path, other: Path) -> bool:
    """Whether a job was begun before another."""
    return _age(path)[:2] < _age(other)[:2]


def remove(path: Path) -> None:
    """Remove a job with all that lies beside it."""
    for suffix in ("", "-wal", "-shm", ".lock"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def is_claimed(path: Path) -> bool:
    """Whether a process works on a job now."""
    try:
        with claimed(path, patience=0):
            return False
    except ConfigError:
        return True


@contextmanager
def claimed(path: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Work on a job as the only process. Raises `ConfigError` where another does; a killed one lets go.

    It waits for `patience` seconds, as a process that only looks whether anybody works on it holds it too.
    """
    lock = FileLock(path.with_name(path.name + ".lock"), timeout=patience, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise ConfigError(
            f"Another process works on the job {path}; wait for it, or begin a new one."
        ) from None
    except OSError as error:
        raise ConfigError(f"The job {path} cannot be claimed: {error.strerror}.") from error
    try:
        yield
    finally:
        lock.release()


def new_path(folder: Path, spider: str) -> Path:
    """Make the folders and an empty file, all private, and return its path, which was not taken yet."""
    jobs = folder / "jobs" / spider
    try:
        private.make_folder(jobs)
        private.write(folder / ".gitignore", b"*\n")
    except OSError as error:
        raise ConfigError(f"The job's folder {jobs} cannot be made: {error.strerror}.") from error
    stem = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    endings = itertools.chain(["Z"], (f"Z-{number}" for number in itertools.count(2)))
    return next(path for end in endings if _reserve(path := jobs / f"{stem}{end}.sqlite"))


def _reserve(path: Path) -> bool:
    """Make an empty file; return whether there was none yet."""
    try:
        path.touch(0o600, exist_ok=False)
    except FileExistsError:
        return False
    return True
