"""Start, watch and stop a Jupyter Server."""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.request import urlopen

from tests.apps.process import App, Server

ENTRIES = 40
COOKIE_SECRET = "cookie_secret"


class JupyterServer(App):
    """A logbook of 40 text files, behind a password without a user name.

    The cookies are signed and the server keeps no sessions: with another secret, every cookie is void.
    """

    password = "lab: coat #9"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        logbook = folder / "files" / "logbook"
        logbook.mkdir(parents=True)
        for number in range(1, ENTRIES + 1):
            (logbook / f"entry-{number:02}.txt").write_text(
                f"Day {number}: the sample weighs {97 * number} mg.\n"
            )
        variables = {
            "LOGBOOK_FOLDER": str(folder),
            "LOGBOOK_PASSWORD": self.password,
            "LOGBOOK_PORT": str(self.port),
            "JUPYTER_NO_CONFIG": "1",
            **{f"JUPYTER_{kind}_DIR": str(folder / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")},
        }
        config = Path(__file__).with_name("config.py")
        serve = [sys.executable, "-m", "jupyter_server", f"--config={config}"]
        self._server = Server(serve, self.port, self.records, cwd=folder, variables=variables)

    @property
    def logins(self) -> int:
        """How many times the password was right."""
        return self._count(r"User \w+ logged in\.")

    @property
    def failed_logins(self) -> int:
        """How many times the password was wrong."""
        self._let_it_write()
        return self._count(r" 401 POST /login")

    def start(self) -> None:
        """Serve the logbook."""
        self._server.start()

    def stop(self) -> None:
        """End the server's process."""
        self._server.stop()

    def expire_sessions(self) -> None:
        """Take the secret away that the cookies are signed with, and start the server again."""
        self.stop()
        (self.folder / COOKIE_SECRET).unlink()
        self.start()

    def _let_it_write(self) -> None:
        """Ask for something else: the log tells of a request only after its answer, but before the next."""
        with urlopen(f"{self.url}/api") as answer:
            answer.read()
