"""The server that worker processes are forked from: it has imported what they need, and nothing else.

A worker begins in a hundredth of a second then, instead of a third. The server knows no spider, job or
session, and no thread runs in it, so that what is forked is as clean as what is begun anew.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext, SpawnContext

_NEEDED = ["scraper.executors.hand", "scraper.login.form", "scraper.step"]

_is_begun = False


def begin() -> None:
    """Begin the server, which goes on while this process does something else; on Windows there is none.

    What the environment says later, workers are told when they begin.
    """
    global _is_begun
    if "forkserver" in multiprocessing.get_all_start_methods():
        from multiprocessing import forkserver

        forkserver.set_forkserver_preload(_NEEDED)
        with _finding_this_package():
            forkserver.ensure_running()
        _is_begun = True


def context() -> ForkServerContext | SpawnContext:
    """Return what begins processes: the server, once it is begun; without it each begins anew."""
    if _is_begun:
        return multiprocessing.get_context("forkserver")
    return multiprocessing.get_context("spawn")


@contextmanager
def _finding_this_package() -> Iterator[None]:
    """Let a new interpreter find this package first, whatever in the working directory is called so."""
    before = {name: os.environ.get(name) for name in ("PYTHONPATH", "PYTHONSAFEPATH")}
    home = str(Path(__file__).parents[1])
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [home, before["PYTHONPATH"]]))
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
