"""What a request says of the page it comes from."""

from __future__ import annotations

import re

from scraper.request import is_http, origin

_USER_INFO = re.compile(r"(?<=://)[^/?#]*@")


def referrer(page: str, target: str) -> dict[str, str]:
    """Return the ``Referer`` header that goes from `page` to `target`: all of it only to the same origin.

    Never user info, and nothing from https to http. That is the policy where a page states none (Referrer
    Policy, strict-origin-when-cross-origin).
    """
    if not is_http(page):
        return {}
    if not is_http(target) or origin(target) == origin(page):
        return {"Referer": _USER_INFO.sub("", page.partition("#")[0], count=1)}
    is_downgrade = page.startswith("https:") and target.startswith("http:")
    return {} if is_downgrade else {"Referer": f"{origin(page)}/"}
