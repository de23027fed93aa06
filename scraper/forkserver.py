"""The server that worker processes are forked from: it has imported what they need, and nothing else.

A worker begins in a hundredth of a second then, instead of a third. The server knows no spider, job or
session, and no thread runs in it, so that what is forked is as clean as what is begun anew.
"""

from __future__ import annotations

import multiprocessing
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext, SpawnContext

_NEEDED = ["scraper.executors.hand", "scraper.login.form", "scraper.step"]
_is_begun = False


def begin() -> None:
    """Begin the server, which goes on while this process does something else; on Windows there is none."""
    global _is_begun
    if "forkserver" in multiprocessing.get_all_start_methods():
        forkserver.set_forkserver_preload(_NEEDED)
        forkserver.ensure_running()
        _is_begun = True


def context() -> ForkServerContext | SpawnContext:
    """Return what begins processes: the server, once it is begun; without it each begins anew."""
    if _is_begun:
        return multiprocessing.get_context("forkserver")
    return multiprocessing.get_context("spawn")
