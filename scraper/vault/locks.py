"""Locks that hold among processes and among the threads of one."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from scraper.vault.files import explaining

log = logging.getLogger(__name__)


class _Mine(threading.local):
    """The locks that this thread holds; not those of the process that this one was forked from."""

    def __init__(self) -> None:
        self.held: set[tuple[int, Path]] = set()


_mine = _Mine()


@contextmanager
def held(path: Path, waiting: str = "") -> Iterator[None]:
    """Hold the lock that a file stands for; within it, the same thread may hold it again.

    It waits for as long as another thread or process holds it; `waiting` is logged then, once. It is released
    also when the process is killed. Raises `ConfigError` where the file cannot be made.
    """
    mine = os.getpid(), path
    if mine in _mine.held:
        yield
        return
    lock = _acquired(path, waiting)
    _mine.held.add(mine)
    try:
        yield
    finally:
        _mine.held.discard(mine)
        lock.release()


def remove_lock(path: Path) -> None:
    """Remove the file of a lock, unless somebody holds it."""
    if (os.getpid(), path) in _mine.held:
        return
    with suppress(OSError), FileLock(path, timeout=0, mode=0o600):
        path.unlink()


def _acquired(path: Path, waiting: str) -> BaseFileLock:
    lock = FileLock(path, mode=0o600)
    with explaining(f"The lock {path} cannot be held"):
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if waiting:
                log.info("%s", waiting)
            lock.acquire()
    return lock
