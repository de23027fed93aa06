"""Turns: of the threads of a crawl, one at a time does what costs CPU; the others wait for the network.

Threads that all want the interpreter take it from each other at every call that lets go of it, such as each
XPath: 150 switches a page, and twice the CPU. Where they take turns there are ten, and nobody waits in vain.
"""

from __future__ import annotations

import sys
import threading

PATIENCE = 0.25
"""Seconds after which a thread goes on out of turn: whoever has it may sleep, or read a very long page."""

_lock = threading.Lock()
_is_needed = getattr(sys, "_is_gil_enabled", lambda: True)()


class _Mine(threading.local):
    is_held = False


_mine = _Mine()


def _take() -> None:
    _mine.is_held = _lock.acquire(timeout=PATIENCE)


def _pass_on() -> None:
    if _mine.is_held:
        _mine.is_held = False
        _lock.release()


class turn:  # noqa: N801 - used as a function
    """A context: run when it is this thread's turn, or when that takes too long."""

    __slots__ = ("is_mine",)

    def __enter__(self) -> None:
        self.is_mine = _is_needed and not _mine.is_held
        if self.is_mine:
            _take()

    def __exit__(self, *error: object) -> None:
        if self.is_mine:
            _pass_on()


class passed:  # noqa: N801 - used as a function
    """A context: let others have the turn while this thread waits for something; then take the next one."""

    __slots__ = ("was_held",)

    def __enter__(self) -> None:
        self.was_held = _mine.is_held
        _pass_on()

    def __exit__(self, *error: object) -> None:
        if self.was_held:
            _take()
