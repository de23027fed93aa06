"""`Device`: a code that a person enters elsewhere, in any browser (RFC 8628)."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import urlencode

from scraper.errors import FetchError, LoginError, LoginUnavailable
from scraper.login.oauth.client import Client, library
from scraper.login.oauth.provider import object_of
from scraper.redact import redact_url as shown
from scraper.redact import register
from scraper.request import is_http
from scraper.response import Response

log = logging.getLogger("scraper.login")

INTERVAL, LIFETIME = 5.0, 900.0
"""Seconds between two questions, and for which a code is good, where the provider says neither."""

LONGEST_INTERVAL, LONGEST_LIFETIME = 300.0, 3600.0
LONGEST = 200


class Device(NamedTuple):
    """What a provider gives for a person to enter: `user_code` at `page`; `whole` is both in one address."""

    code: str
    user_code: str
    page: str
    whole: str
    interval: float
    lifetime: float

    @classmethod
    def asked(cls, client: Client) -> Device:
        """Ask for a code, as the client."""
        wanted = {"scope": client.scope} if client.scope else {}
        answer = client.post(client.provider.device_url, urlencode({**wanted, **client.params}))
        said = object_of(answer)
        if not answer.ok or said is None or "error" in said:
            raise client.refusal(answer)
        page: Any = said.get("verification_uri") or said.get("verification_url")
        code: Any = said.get("device_code")
        user_code: Any = said.get("user_code")
        whole: Any = said.get("verification_uri_complete")
        if not (isinstance(code, str) and _is_plain(user_code) and _is_page(page)):
            raise LoginError(
                f"{shown(answer.url)} gives no code for a device. Is that the device_url?", response=answer
            )
        register(code, lasting=False)
        interval = min(_seconds(said.get("interval"), INTERVAL), LONGEST_INTERVAL)
        lifetime = min(_seconds(said.get("expires_in"), LIFETIME), LONGEST_LIFETIME)
        return cls(code, user_code, page, whole if _is_page(whole) else "", interval, lifetime)

    def __str__(self) -> str:
        """Say to a person what to do."""
        or_whole = f" (or go to {self.whole})" if self.whole else ""
        return f"Go to {self.page} and enter {self.user_code}{or_whole}."

    def answer(
        self, client: Client, clock: Callable[[], float], sleep: Callable[[float], object]
    ) -> Response:
        """Ask until the person is done, as often as the provider wants; return what it then answers.

        Raises `LoginUnavailable` where the person was not done in time.
        """
        grant, interval, end = library().DeviceClient(client.id), self.interval, clock() + self.lifetime
        while clock() + interval <= end:
            sleep(interval)
            answer = None
            with suppress(FetchError):
                answer = client.ask(grant, device_code=self.code)
            error = "" if answer is None else str((object_of(answer) or {}).get("error", ""))
            if error == "slow_down":
                interval += INTERVAL
            elif answer is None or (answer.status >= 500 and not error):
                interval = min(2 * interval, LONGEST_INTERVAL)
            elif error != "authorization_pending":
                return answer
        raise LoginUnavailable(
            f"{shown(self.page)} was waited for in vain: the code was not entered within "
            f"{self.lifetime:.0f} s. Sign in again."
        )


def _is_plain(text: Any) -> bool:
    """Whether a terminal shows a text as it is."""
    return isinstance(text, str) and 0 < len(text) <= LONGEST and text.isprintable()


def _is_page(url: Any) -> bool:
    return _is_plain(url) and is_http(url)


def _seconds(value: Any, default: float) -> float:
    is_number = isinstance(value, int | float) and math.isfinite(value) and value > 0
    return float(value) if is_number else default
