"""`Crew`: threads of this process that do tasks. A thread that finds another task keeps its turn for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from scraper.turns import passed, turn

Task = TypeVar("Task")


class Crew(Generic[Task]):
    """Up to `most` threads, begun as tasks come; `work` does one task, and never raises."""

    def __init__(self, work: Callable[[Task], None], most: int, name: str) -> None:
        self._work, self._most, self._name = work, most, name
        self._tasks: SimpleQueue[Task | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []

    def begin(self, tasks: Iterable[Task]) -> None:
        """Let these be done, in this order."""
        for task in tasks:
            self._tasks.put(task)
            if len(self._threads) < self._most:
                name = f"{self._name}-{len(self._threads)}"
                thread = threading.Thread(target=self._run, name=name, daemon=True)
                thread.start()
                self._threads.append(thread)

    @property
    def is_behind(self) -> bool:
        """Whether tasks wait for a thread."""
        return not self._tasks.empty()

    def take_back(self) -> list[Task]:
        """Return what nobody has begun with; it is not done."""
        return [task for task in taken(self._tasks) if task is not None]

    def close(self, *, waits: bool) -> None:
        """Begin with nothing more, and wait, if wanted, until what has begun is done."""
        taken(self._tasks)
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads if waits else ():
            thread.join()

    def _run(self) -> None:
        with turn():
            while (task := self._next()) is not None:
                self._work(task)

    def _next(self) -> Task | None:
        with suppress(Empty):
            return self._tasks.get_nowait()
        with passed():
            return self._tasks.get()


def taken(queue: SimpleQueue[Any]) -> list[Any]:
    """Empty a queue, and return what was in it."""
    found = []
    with suppress(Empty):
        while True:
            found.append(queue.get_nowait())
    return found
