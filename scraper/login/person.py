"""A person at a browser's window: whether there can be one, and when they are done."""

from __future__ import annotations

import select
import sys

from scraper.browser import has_display
from scraper.errors import InteractionRequired
from scraper.redact import redact_url


def want_screen(url: str) -> None:
    """Raise `InteractionRequired` where no window could be seen."""
    if not has_display():
        raise InteractionRequired(
            f"A person has to sign in at {redact_url(url)}, in the window of a browser, and there is no "
            "screen here (DISPLAY is not set). Run `python -m scraper login SPIDER` where there is one, then "
            "run --resume; or give fill(username=..., password=...)."
        )


def has_pressed_enter() -> bool:
    """Whether there is a line to read from the terminal; then it is read."""
    if not sys.stdin or not sys.stdin.isatty():
        return False
    try:
        is_ready = bool(select.select([sys.stdin], [], [], 0)[0])
    except OSError:  # Windows looks at sockets alone
        return False
    if is_ready:
        sys.stdin.readline()
    return is_ready
