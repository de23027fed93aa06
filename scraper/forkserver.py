"""The server that worker processes are forked from: it has imported what they need, and nothing else.

A worker begins in a hundredth of a second then, instead of a third. The server knows no spider, job or
session, and no thread runs in it, so that what is forked is as clean as what is begun anew.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import util
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext, SpawnContext

log = logging.getLogger(__name__)

_NEEDED = ["scraper.executors.hand", "scraper.login.form", "scraper.step"]

_is_begun = False


def begin() -> None:
    """Begin the server, which goes on while this process does something else; on Windows there is none.

    Nor is there one where its socket can lie nowhere, as where the path of ``TMPDIR`` is too long for one.
    What the environment says later, workers are told when they begin.
    """
    global _is_begun
    if "forkserver" in multiprocessing.get_all_start_methods():
        from multiprocessing import forkserver

        forkserver.set_forkserver_preload(_NEEDED)
        try:
            with _finding_this_package(), _deaf_to_ctrl_c():
                forkserver.ensure_running()
            _is_begun = True
        except OSError as error:
            log.debug("Each process begins anew: %s", error)


def leave_nothing() -> None:
    """Remove the folder of the server's socket, for a process that ends at once; no worker begins after."""
    if _is_begun:
        shutil.rmtree(util.get_temp_dir(), ignore_errors=True)


def context() -> ForkServerContext | SpawnContext:
    """Return what begins processes: the server, once it is begun; without it each begins anew."""
    if _is_begun:
        return multiprocessing.get_context("forkserver")
    return multiprocessing.get_context("spawn")


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Let a new process, and what it forks, be deaf to Ctrl-C from its first moment on."""
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # it would listen again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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
