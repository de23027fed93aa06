"""Pace: how soon the next request to a host may go."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from scraper.request import is_loopback

JITTER = 0.5


class Pace:
    """Keeps `delay` seconds, plus or minus half, between two requests to one host; none on loopback."""

    def __init__(self, delay: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.delay, self.clock = delay, clock
        self._free: dict[str, float] = {}

    def reserve(self, url: str) -> float:
        """Take the next free moment of the host of `url`, and return it on the clock of this pace."""
        now, host = self.clock(), urlsplit(url).hostname or ""
        if self.delay <= 0 or is_loopback(url):
            return now
        moment = max(now, self._free.get(host, now))
        self._free[host] = moment + self.delay * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311
        return moment
