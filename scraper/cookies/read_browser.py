"""A script: print the cookies of an installed browser as JSON, read by yt-dlp.

    python -P read_browser.py BROWSER PROFILE CONTAINER

The last two may be empty. It runs in a process of its own: yt-dlp changes requests wherever it is imported.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from typing import Any

BEYOND_SECONDS = 10**12
SINCE_1601 = 11_644_473_600
"""Chromium counts microseconds since 1601, and yt-dlp hands them on so; no cookie lasts 30,000 years."""


class Told:
    """What yt-dlp tells: warnings go to standard error."""

    def debug(self, message: str, **_: Any) -> None:
        """Say nothing."""

    info = debug

    def warning(self, message: str, **_: Any) -> None:
        """Say it."""
        print(message, file=sys.stderr)

    error = warning


def main(browser: str, profile: str, container: str) -> None:
    """Print the cookies, in the shape of Playwright's."""
    library: Any = import_module("yt_dlp.cookies")
    jar = library.extract_cookies_from_browser(
        browser, profile or None, Told(), container=container or "none"
    )
    json.dump([entry(cookie) for cookie in jar], sys.stdout)


def entry(cookie: Any) -> dict[str, Any]:
    """Return a cookie as an entry of a state."""
    expires = -1 if cookie.expires is None else cookie.expires
    expires = expires / 1e6 - SINCE_1601 if expires > BEYOND_SECONDS else expires
    kept = {name: getattr(cookie, name) for name in ("name", "value", "domain", "path")}
    return {**kept, "expires": expires, "secure": bool(cookie.secure)}


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Exception as error:  # of yt-dlp, SQLite or the system, as it comes
        sys.exit(str(error) or type(error).__name__)
