"""Start, watch and stop Apache with Digest authentication."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path

from tests.apps.apache_form.app import MODULES, PLACES
from tests.apps.process import App, Server

CONFIGURATION = Path(__file__).with_name("httpd.conf")
REALM = "Deeds, level 2"
ITEMS, ITEMS_PER_PAGE = 40, 8
PAGES = ITEMS // ITEMS_PER_PAGE


def missing() -> str:
    """Say what of Apache is not there; nothing where all is."""
    if not _program():
        return "there is no apache2 here (Debian: apt-get install apache2-bin)"
    wanted = [MODULES / f"mod_{name}.so" for name in ("auth_digest", "log_debug")]
    return ", ".join(f"there is no {module}" for module in wanted if not module.is_file())


class ApacheDigest(App):
    """A list of deeds; a nonce lives `lifetime` seconds, or until Apache is started again.

    There is an account too whose password is right, and which may not see the deeds: `onlooker`.
    """

    username = "archivist"
    password = 'Ink, "blue" 7'
    onlooker = ("onlooker", "Look, only 3")

    def __init__(self, *, lifetime: int = 300) -> None:
        self._place = tempfile.TemporaryDirectory(prefix="apache-digest-")
        folder = Path(self._place.name)
        folder.chmod(0o755)  # started by root, Apache reads as nobody, which pytest's folders are closed to
        super().__init__(folder)
        self._write_files()
        variables = {
            "ARCHIVE_FOLDER": str(folder),
            "ARCHIVE_LIFETIME": str(lifetime),
            "ARCHIVE_MODULES": str(MODULES),
            "ARCHIVE_PORT": str(self.port),
            "ARCHIVE_REALM": REALM,
            "ARCHIVE_RECORDS": str(self.records),
        }
        serve = [_program() or "apache2", "-f", CONFIGURATION, "-D", "FOREGROUND"]
        self._server = Server(serve, self.port, folder / "server.log", cwd=folder, variables=variables)

    @property
    def answers(self) -> int:
        """How many requests were let in."""
        return self._count(" was let in")

    @property
    def failed_logins(self) -> int:
        """How many times a name or a password was wrong."""
        return self._count("password mismatch|user .* not found")

    def start(self) -> None:
        """Serve the deeds."""
        self._server.start()

    def stop(self) -> None:
        """End the server, and remove its files."""
        self._server.stop()
        self._place.cleanup()

    def expire_sessions(self) -> None:
        """Make every nonce stale: their secret is new after a start."""
        self._server.stop()
        self._server.start()

    def _write_files(self) -> None:
        (self.folder / "pages").mkdir()
        for number in range(1, PAGES + 1):
            (self.folder / "pages" / f"list{number}.html").write_text(_page(number))
        accounts = [(self.username, self.password), self.onlooker]
        lines = (f"{name}:{REALM}:{_digest(name, password)}\n" for name, password in accounts)
        (self.folder / "accounts").write_text("".join(lines))


def _digest(name: str, password: str) -> str:
    return hashlib.md5(f"{name}:{REALM}:{password}".encode()).hexdigest()


def _page(number: int) -> str:
    """Return a page of the list, with a link to the next where there is one."""
    first = (number - 1) * ITEMS_PER_PAGE + 1
    rows = "".join(f'<li class="item">Deed {n}\n' for n in range(first, first + ITEMS_PER_PAGE))
    following = f'<a rel="next" href="list{number + 1}.html?from={number}">More</a>' if number < PAGES else ""
    return f'<!doctype html>\n<title>Deeds</title>\n<h1 id="in">Deeds</h1>\n<ul>\n{rows}</ul>\n{following}\n'


def _program() -> str | None:
    """Return the path of Apache, which is no command of everybody's `PATH`."""
    return shutil.which("apache2") or shutil.which("apache2", path=PLACES)
