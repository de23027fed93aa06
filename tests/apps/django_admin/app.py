"""Start, watch and stop Django's admin in a process of its own."""

from __future__ import annotations

import importlib.util
import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import IO, cast

from .library import shared

PROJECT = Path(__file__).parent


class DjangoAdmin:
    """Django's admin on a free loopback port, with a database of its own in `folder`.

    `expire_after=N` ends every session once, right after the answer to the Nth request that
    carried a signed-in user. Counters are read from the server's database; what they count
    is there before the client has its answer.
    """

    username = shared.LIBRARIAN.username
    password = shared.LIBRARIAN.password

    def __init__(self, folder: Path, *, expire_after: int | None = None) -> None:
        """Prepare to serve from `folder`; raise `ImportError` where Django is not installed."""
        if importlib.util.find_spec("django") is None:
            raise ImportError("DjangoAdmin needs Django, which is not installed: pip install django")
        self.url = ""
        self._expire_after = expire_after
        self._folder = Path(tempfile.mkdtemp(prefix="django-admin-", dir=folder))
        self._database = self._folder / "library.sqlite3"
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> DjangoAdmin:
        """Start the server."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server."""
        self.stop()

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead the spider here, as the librarian."""
        return {"APP_URL": self.url, "APP_USER": self.username, "APP_PASSWORD": self.password}

    @property
    def logins(self) -> int:
        """How many times Django let somebody in."""
        return self._count(shared.LOGIN)

    @property
    def failed_logins(self) -> int:
        """How many times Django found a name and password that do not belong together."""
        return self._count(shared.FAILED_LOGIN)

    @property
    def expiries(self) -> int:
        """How many times `expire_after` ended the sessions: 0 or 1."""
        return self._count(shared.EXPIRY)

    def expire_sessions(self) -> int:
        """End every session behind the server's back; return how many there were."""
        with closing(sqlite3.connect(self._database)) as database, database:
            return database.execute("DELETE FROM django_session").rowcount

    def start(self) -> None:
        """Serve a fresh copy of the library; return once the port takes connections."""
        self._database.write_bytes(_prepared_database())
        log = self._folder / "server.log"
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                _command("serve"),
                cwd=PROJECT,
                env=_environment(self._database, self._expire_after),
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        with cast("IO[str]", self._process.stdout) as output:
            port = output.readline().strip()
        if not port:
            self.stop()
            raise RuntimeError(f"Django's admin did not start; it said:\n{log.read_text()}")
        self.url = f"http://127.0.0.1:{port}"

    def stop(self) -> None:
        """End the server's process and wait until it is gone; twice is once."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def _count(self, kind: str) -> int:
        with closing(sqlite3.connect(self._database)) as database:
            query = "SELECT count(*) FROM library_event WHERE kind = ?"
            return cast("int", database.execute(query, (kind,)).fetchone()[0])


@cache
def _prepared_database() -> bytes:
    """Return the library as a database file, made once in a test run and copied from then on."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder, "library.sqlite3")
        subprocess.run(_command("prepare"), cwd=PROJECT, env=_environment(database), check=True)
        return database.read_bytes()


def _command(module: str) -> list[str]:
    return [sys.executable, "-m", f"library.{module}"]


def _environment(database: Path, expire_after: int | None = None) -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "library.settings",
        shared.DATABASE_VARIABLE: str(database),
        shared.EXPIRE_AFTER_VARIABLE: str(expire_after or 0),
    }
