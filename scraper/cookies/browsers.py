"""`Browser`: the cookies of an installed browser, read by yt-dlp, which keeps up with how they are kept."""

from __future__ import annotations

import logging
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from scraper.errors import ConfigError, SecretMissing

log = logging.getLogger("scraper.login")

SCRIPT = Path(__file__).with_name("read_browser.py")
LONGEST = 120
"""Seconds; a keyring may ask the person to be unlocked."""


@dataclass(frozen=True)
class Browser:
    """A profile of an installed browser, as a callable that reads its cookies; it is never written to.

    `name` is that of a browser yt-dlp knows, `profile` its name or folder (default: the one used last),
    `container` one of Firefox (default: none).
    """

    name: str
    profile: str | None = None
    container: str | None = None

    def __str__(self) -> str:
        return f"the browser {self.name}" + (f", profile {self.profile}" if self.profile else "")

    def __call__(self) -> str:
        """Return all cookies of the profile as JSON. Raises `ConfigError` where they cannot be read."""
        if find_spec("yt_dlp") is None:
            raise ConfigError(
                "The cookies of an installed browser are read by yt-dlp: "
                'pip install "login-aware-scraper[browser-cookies]".'
            )
        arguments = [self.name, self.profile or "", self.container or ""]
        try:
            done = subprocess.run(  # noqa: S603 - our own script
                [sys.executable, "-P", str(SCRIPT), *arguments],
                capture_output=True,
                check=False,
                encoding="utf-8",
                timeout=LONGEST,
            )
        except subprocess.TimeoutExpired:
            raise SecretMissing(f"{self} took longer than {LONGEST} s to read; unlock its keyring.") from None
        *warnings, last = done.stderr.strip().splitlines() or [""]
        if done.returncode:
            raise SecretMissing(f"The cookies of {self} cannot be read: {last}.")
        for warning in filter(None, (*warnings, last)):
            log.warning("%s: %s", self, warning)
        return done.stdout
