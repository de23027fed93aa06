"""Applications that serve in processes of their own, and what the tests want of each."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

DEADLINE = 60.0
"""Seconds that a server may take to come up on a busy machine."""

PAUSE = 0.01
"""Seconds between two looks at whether it has."""


class Server:
    """A program that takes connections on a port of the loopback interface; it can be started again there.

    What it says goes to `log`, which starting it again goes on with.
    """

    def __init__(
        self, command: Sequence[str | Path], port: int, log: Path, *, cwd: Path, variables: Mapping[str, str]
    ) -> None:
        self.port = port
        self._command, self._log, self._cwd = command, log, cwd
        self._environment = {**os.environ, **variables}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the program; return once its port takes connections."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=self._cwd, env=self._environment, stdout=log, stderr=log
            )
        try:
            wait_until(self._answers, f"{self._command[0]} takes connections")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the program and wait until it is gone; twice is once."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def _answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise RuntimeError(f"{self._command[0]} did not start; it said:\n{self._log.read_text()}")
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True


class App(ABC):
    """An application with a login, running while its `with` block lasts, with all its files in `folder`.

    Its counters read what the application itself put on record since the last `forget`; what they count is
    on record before the client has its answer.
    """

    username = ""
    password = ""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.records = folder / "records.log"
        self.records.touch()
        self._forgotten = 0
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @abstractmethod
    def start(self) -> None:
        """Serve; return once the application takes connections."""

    @abstractmethod
    def stop(self) -> None:
        """Serve no longer."""

    @abstractmethod
    def expire_sessions(self) -> object:
        """End every session behind the back of whoever holds it."""

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead the application's spider here."""
        return {"APP_URL": self.url}

    def forget(self) -> None:
        """Count from now on."""
        self._forgotten = self.records.stat().st_size

    def _count(self, pattern: str) -> int:
        """Count the lines on record that match `pattern`."""
        lines = self.records.read_bytes()[self._forgotten :].decode().splitlines()
        return sum(bool(re.search(pattern, line)) for line in lines)


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Return once `condition` holds; raise `TimeoutError` where it does not within the deadline."""
    give_up = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > give_up:
            raise TimeoutError(f"{what}: still not so after {DEADLINE:.0f} s")
        time.sleep(PAUSE)
