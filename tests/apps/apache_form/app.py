"""Start, watch and stop Apache with a login of its own."""

from __future__ import annotations

import base64
import hashlib
import secrets
import shutil
import tempfile
from pathlib import Path

from tests.apps.process import App, Server

from .pages import SIGN_IN, pages

CONFIGURATION = Path(__file__).with_name("httpd.conf")
MODULES = Path("/usr/lib/apache2/modules")
PLACES = "/usr/local/sbin:/usr/sbin:/sbin"


def missing() -> str:
    """Say what of Apache is not there; nothing where all is."""
    if not _program():
        return "there is no apache2 here (Debian: apt-get install apache2-bin)"
    wanted = [MODULES / f"mod_{name}.so" for name in ("auth_form", "session_crypto", "log_debug")]
    return ", ".join(f"there is no {module}" for module in wanted if not module.is_file())


class ApacheForm(App):
    """A list of bottles at addresses each of which asks strangers to sign in on the spot, with status 401.

    The session is in the cookie, encrypted, and comes anew with every answer; it ends `max_age` seconds
    after the last one, or with the passphrase.
    """

    username = "barkeep"
    password = "Top+shelf 90%"

    def __init__(self, *, max_age: int = 3600) -> None:
        self._place = tempfile.TemporaryDirectory(prefix="apache-form-")
        folder = Path(self._place.name)
        folder.chmod(0o755)  # started by root, Apache reads as nobody, which pytest's folders are closed to
        super().__init__(folder)
        self._write_files()
        variables = {
            "CELLAR_FOLDER": str(folder),
            "CELLAR_MAX_AGE": str(max_age),
            "CELLAR_MODULES": str(MODULES),
            "CELLAR_PORT": str(self.port),
            "CELLAR_RECORDS": str(self.records),
        }
        serve = [_program() or "apache2", "-f", CONFIGURATION, "-D", "FOREGROUND"]
        self._server = Server(serve, self.port, folder / "server.log", cwd=folder, variables=variables)

    @property
    def logins(self) -> int:
        """How many times a name and a password were right."""
        return self._count(r" signed in(,|$)")

    @property
    def failed_logins(self) -> int:
        """How many times they were wrong."""
        return self._count("auth_form:error")

    def start(self) -> None:
        """Serve the cellar."""
        self._server.start()

    def stop(self) -> None:
        """End the server, and remove its files."""
        self._server.stop()
        self._place.cleanup()

    def expire_sessions(self) -> None:
        """Change the passphrase, and start Apache again; a restart in place would leave it some time."""
        self._server.stop()
        self._change_passphrase()
        self._server.start()

    def _write_files(self) -> None:
        (self.folder / "sign-in.html").write_text(SIGN_IN)
        (self.folder / "pages").mkdir()
        for name, text in pages():
            (self.folder / "pages" / name).write_text(text)
        digest = base64.b64encode(hashlib.sha1(self.password.encode()).digest()).decode()
        (self.folder / "accounts").write_text(f"{self.username}:{{SHA}}{digest}\n")
        self._change_passphrase()

    def _change_passphrase(self) -> None:
        (self.folder / "passphrase").write_text(f"{secrets.token_hex()}\n")


def _program() -> str | None:
    """Return the path of Apache, which is no command of everybody's `PATH`."""
    return shutil.which("apache2") or shutil.which("apache2", path=PLACES)
