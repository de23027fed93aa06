"""An event loop in a thread of its own, so that any thread can wait for what runs in it.

Playwright belongs to one thread, and its blocking interface refuses to run where a loop runs already, as in
Jupyter; a login is called from any thread of a crawl.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import TimeoutError as NotInTime
from contextlib import suppress
from typing import Any, TypeVar

from scraper.turns import passed

T = TypeVar("T")


class Loop:
    """Runs coroutines in a thread that ends with the process, or by `stop`."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="browser", daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T], seconds: float) -> T:
        """Return what `coroutine` returns. Raises ``TimeoutError`` after so many seconds; then it is over."""
        future = asyncio.run_coroutine_threadsafe(asyncio.wait_for(coroutine, seconds), self._loop)
        try:
            with passed():
                return future.result()
        except BaseException:
            future.cancel()
            raise

    def stop(self, coroutine: Coroutine[Any, Any, None], seconds: float) -> None:
        """Run a last coroutine, and end the thread."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            with suppress(NotInTime):
                future.result(seconds)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(seconds)
        if not self._thread.is_alive():
            self._loop.close()
