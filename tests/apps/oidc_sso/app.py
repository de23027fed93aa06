"""Start, watch and stop a site and the identity provider that it leaves signing in to."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.apps.process import App, Server, free_port

PROGRAMS = Path(__file__).parent
PACKAGES = ("express", "express-openid-connect", "oidc-provider")


def missing() -> str:
    """Say what these programs need that is not there; nothing where all is."""
    if not shutil.which("node"):
        return "there is no node here"
    if not all((PROGRAMS / "node_modules" / package).is_dir() for package in PACKAGES):
        return f"its packages are not installed (npm install, in {PROGRAMS})"
    return ""


class OidcSso(App):
    """A reading room at 127.0.0.1 that sends strangers to a provider at localhost, and back by a form.

    The site keeps its sessions in files, and the provider in its memory: either can lose them alone.
    """

    username = "marie"
    password = "Radium-1898"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        provider_port = free_port()
        self.provider_url = f"http://localhost:{provider_port}"
        self._sessions = folder / "sessions"
        self._sessions.mkdir()
        variables = {
            "ACCOUNTS": json.dumps({self.username: self.password}),
            "CLIENT_SECRET": "no secret: the reading room's",
            "PROVIDER_URL": self.provider_url,
            "RECORDS": str(self.records),
            "SESSIONS": str(self._sessions),
            "SITE_URL": self.url,
        }
        self._provider = self._server("provider", provider_port, variables)
        self._site = self._server("site", self.port, variables)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead the spider to the site, and tell it of the provider."""
        return {"APP_URL": self.url, "APP_IDP": self.provider_url}

    @property
    def logins(self) -> int:
        """How many times a name and a password were right."""
        return self._count("^signed in$")

    @property
    def failed_logins(self) -> int:
        """How many times they were wrong."""
        return self._count("^refused$")

    @property
    def consents(self) -> int:
        """How many times somebody pressed the button of the page that asks for consent."""
        return self._count("^consented$")

    @property
    def arrivals(self) -> int:
        """How many times the provider sent somebody to the site, whether or not it had asked who it is."""
        return self._count("^arrived$")

    def start(self) -> None:
        """Serve the site and the provider."""
        self._provider.start()
        self._site.start()

    def stop(self) -> None:
        """End both processes."""
        self._site.stop()
        self._provider.stop()

    def expire_sessions(self) -> None:
        """End the sessions of the site, and those of the provider, which is started again without memory."""
        self.expire_site_sessions()
        self._provider.stop()
        self._provider.start()

    def expire_site_sessions(self) -> int:
        """End the sessions of the site alone; return how many there were."""
        files = list(self._sessions.iterdir())
        for file in files:
            file.unlink()
        return len(files)

    def _server(self, name: str, port: int, variables: dict[str, str]) -> Server:
        command = [shutil.which("node") or "node", PROGRAMS / f"{name}.mjs"]
        return Server(command, port, self.folder / f"{name}.log", cwd=self.folder, variables=variables)
