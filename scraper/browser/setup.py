"""`Setup`: which Chromium is started, and how: what a session says of proxies, certificates and itself."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from requests.utils import default_user_agent, select_proxy

from scraper.errors import ConfigError
from scraper.redact import register
from scraper.request import origin

if TYPE_CHECKING:
    from scraper.session import Session

VARIABLE = "SCRAPER_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-features=Translate,OptimizationHints,MediaRouter",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
)
"""So that Chromium asks no server but those of the page."""


@dataclass(frozen=True)
class Setup:
    """How Chromium is started. `executable` is a path; ``None``: what is found."""

    executable: str | None = None
    is_visible: bool = False
    user_agent: str | None = None
    proxy: Mapping[str, str] | None = field(default=None, repr=False)
    trusts_all: bool = False
    certificates: tuple[Mapping[str, str], ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, session: Session, url: str, **choices: Any) -> Setup:
        """Return what `session` would do for `url`: proxy, ``verify``, ``cert``, the User-Agent chosen.

        A CA file is nothing that Chromium reads: it trusts its own store.
        """
        settings = session.merge_environment_settings(url, {}, None, None, None)
        stated = str(session.headers.get("User-Agent", ""))
        is_chosen = bool(stated) and default_user_agent() not in stated
        choices["user_agent"] = choices.get("user_agent") or (stated if is_chosen else None)
        return cls(
            proxy=_proxy(select_proxy(url, settings["proxies"])),
            trusts_all=settings["verify"] is False,
            certificates=_certificates(url, settings["cert"]),
            **choices,
        )

    def launching(self, own: str) -> dict[str, Any]:
        """Return the options to start with; `own` is where Playwright's own Chromium would be."""
        is_root = hasattr(os, "geteuid") and os.geteuid() == 0
        arguments = [*ARGUMENTS, *(["--no-sandbox"] if is_root else [])]
        return {
            "executable_path": self._executable(own),
            "headless": not self.is_visible,
            "args": arguments if self.proxy else [*arguments, "--no-proxy-server"],
            "proxy": self.proxy,
            "chromium_sandbox": not is_root,
            "handle_sigint": False,
            "handle_sigterm": False,
            "handle_sighup": False,
        }

    def context(self) -> dict[str, Any]:
        """Return the options of a context."""
        return {
            "user_agent": self.user_agent,
            "ignore_https_errors": self.trusts_all,
            "client_certificates": [*self.certificates] or None,
            "service_workers": "block",
            "accept_downloads": False,
            "no_viewport": self.is_visible or None,
        }

    def _executable(self, own: str) -> str:
        if named := self.executable or os.environ.get(VARIABLE):
            if found := shutil.which(named):
                return found
            raise ConfigError(f"There is no program {named!r} to start as the browser.")
        found = own if Path(own).exists() else next(filter(None, map(shutil.which, NAMES)), None)
        if found is None:
            raise ConfigError(
                "No Chromium was found. Install one (`apt-get install chromium`, or `python -m playwright "
                f"install chromium`), or name one: executable='/path/to/chromium', or {VARIABLE}."
            )
        return found


def has_display() -> bool:
    """Whether there is a screen on which a person could see a window."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _proxy(url: str | None) -> dict[str, str] | None:
    if not url:
        return None
    parts = urlsplit(url if "://" in url else f"http://{url}")
    scheme = parts.scheme.replace("socks5h", "socks5").replace("socks4a", "socks4")
    if scheme.startswith("socks") and parts.username:
        raise ConfigError("Chromium takes no SOCKS proxy with a password; use an HTTP proxy, or one without.")
    proxy = {"server": f"{scheme}://{parts.hostname}:{parts.port or 80}"}
    if parts.username:
        password = unquote(parts.password or "")
        register(password)
        proxy |= {"username": unquote(parts.username), "password": password}
    return proxy


def _certificates(url: str, cert: Any) -> tuple[dict[str, str], ...]:
    if not cert:
        return ()
    certificate, key = (cert, cert) if isinstance(cert, str) else cert
    return ({"origin": origin(url), "certPath": str(certificate), "keyPath": str(key)},)
