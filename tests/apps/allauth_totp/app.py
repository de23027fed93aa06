"""Start, watch and stop a site whose accounts are django-allauth's."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from tests.apps.process import App, Server

from .notebook import shared

PROJECT = Path(__file__).parent


class AllauthTotp(App):
    """A notebook behind e-mail address, password and, for one of its two users, a one-time code.

    A code lasts for `totp_period` seconds and is accepted once; five wrong passwords for one address lock it.
    """

    username = shared.ADA.email
    password = shared.ADA.password
    totp_secret = shared.ADA.totp_secret

    def __init__(self, folder: Path, *, totp_period: int = 30) -> None:
        super().__init__(folder)
        self.totp_period = totp_period
        variables = {
            "DJANGO_SETTINGS_MODULE": "notebook.settings",
            shared.FOLDER_VARIABLE: str(folder),
            shared.TOTP_PERIOD_VARIABLE: str(totp_period),
        }
        subprocess.run(
            [sys.executable, "-m", "notebook.prepare"],
            cwd=PROJECT,
            env={**os.environ, **variables},
            check=True,
        )
        serve = [sys.executable, "-m", "django", "runserver", "--noreload", f"127.0.0.1:{self.port}"]
        self._server = Server(serve, self.port, folder / "server.log", cwd=PROJECT, variables=variables)

    @property
    def logins(self) -> int:
        """How many times somebody was let in."""
        return self._count(" signed in$")

    @property
    def failed_logins(self) -> int:
        """How many times an address and a password were refused, because they are wrong or locked."""
        return self._count(r"^/accounts/login/ 200 ")

    @property
    def failed_codes(self) -> int:
        """How many times a code was refused."""
        return self._count(r"^/accounts/2fa/authenticate/ 200 ")

    def start(self) -> None:
        """Serve the notebook."""
        self._server.start()

    def stop(self) -> None:
        """End the server's process."""
        self._server.stop()

    def expire_sessions(self) -> int:
        """End every session behind the server's back; return how many there were."""
        with closing(sqlite3.connect(self.folder / shared.DATABASE)) as database, database:
            return database.execute("DELETE FROM django_session").rowcount

    def forget(self) -> None:
        """Count from now on, and let the server forget failures and used codes, which its cache keeps."""
        super().forget()
        for file in (self.folder / shared.CACHE).glob("*"):
            file.unlink(missing_ok=True)
