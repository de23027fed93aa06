"""Start, watch and stop nginx that asks for client certificates."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from tests.apps.process import App, Server
from tests.certificates import Authority

CONFIGURATION = Path(__file__).with_name("nginx.conf")
PLACES = "/usr/local/sbin:/usr/sbin:/sbin"
ITEMS, ITEMS_PER_PAGE = 36, 9
PAGES = ITEMS // ITEMS_PER_PAGE


def missing() -> str:
    """Say that nginx is not there; nothing where it is."""
    return "" if _program() else "there is no nginx here (Debian: apt-get install nginx-light)"


class NginxMtls(App):
    """A list of boxes, for who shows the certificate of the banker, and that is not revoked."""

    password = "Key phrase, 7"

    def __init__(self) -> None:
        self._place = tempfile.TemporaryDirectory(prefix="nginx-mtls-")
        folder = Path(self._place.name)
        folder.chmod(0o755)  # started by root, nginx reads as nobody
        super().__init__(folder)
        self.url = f"https://127.0.0.1:{self.port}"
        self._write_files()
        user = "user nobody nogroup;" if os.geteuid() == 0 else ""
        serve = [_program() or "nginx", "-p", folder, "-e", folder / "error.log", "-c", folder / "nginx.conf"]
        serve += ["-g", user] if user else []
        self._server = Server(serve, self.port, folder / "server.log", cwd=folder, variables={})

    @property
    def pki(self) -> Path:
        """The folder with all certificates and keys."""
        return self.folder / "pki"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead the application's spider here."""
        return {**super().environment, "APP_CERTIFICATES": str(self.pki)}

    @property
    def refusals(self) -> int:
        """How many requests showed a certificate that was not accepted."""
        return self._count("^400 FAILED")

    def start(self) -> None:
        """Serve the boxes."""
        self._server.start()

    def stop(self) -> None:
        """End the server, and remove its files."""
        self._server.stop()
        self._place.cleanup()

    def revoke(self) -> None:
        """Revoke the certificate, behind the back of whoever has it."""
        self._authority.revoke("banker")
        self._server.stop()
        self._server.start()

    def renew(self) -> None:
        """Issue another one under the same names."""
        self._authority.issue("banker")

    def expire_sessions(self) -> None:
        """Revoke the certificate, and issue another one under the same names."""
        self._authority.revoke("banker")
        self.renew()
        self._server.stop()
        self._server.start()

    def _write_files(self) -> None:
        for name in ("pki", "pages", "tmp"):
            (self.folder / name).mkdir()
        self._authority = Authority(self.pki, self.password)
        self._authority.issue("server", server=True)
        self.renew()
        for number in range(1, PAGES + 1):
            (self.folder / "pages" / f"list{number}.html").write_text(_page(number))
        text = CONFIGURATION.read_text().replace("@FOLDER@", str(self.folder))
        (self.folder / "nginx.conf").write_text(text.replace("@PORT@", str(self.port)))


def _page(number: int) -> str:
    """Return a page of the list, with a link to the next where there is one."""
    first = (number - 1) * ITEMS_PER_PAGE + 1
    rows = "".join(f'<li class="item">Box {n}\n' for n in range(first, first + ITEMS_PER_PAGE))
    following = f'<a rel="next" href="list{number + 1}.html">More</a>' if number < PAGES else ""
    return f'<!doctype html>\n<title>Boxes</title>\n<h1 id="in">Boxes</h1>\n<ul>\n{rows}</ul>\n{following}\n'


def _program() -> str | None:
    """Return the path of nginx, which is no command of everybody's `PATH`."""
    return shutil.which("nginx") or shutil.which("nginx", path=PLACES)
