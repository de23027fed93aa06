"""What a browser has done to the cookies that it was given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

Entry = Mapping[str, Any]
Place = tuple[str, str, str]
"""The domain, path and name of a cookie."""

_SAME = ("value", "secure", "httpOnly")
SECOND = 1.0


def changes(before: Iterable[Entry], after: Iterable[Entry]) -> tuple[list[Entry], list[Place]]:
    """Return the cookies of `after` that `before` has not, or otherwise, and the places of those gone.

    Both are entries of Playwright's ``storage_state``. What a site keeps for the pages of another site alone
    is left out, as a request to itself would not carry it.
    """
    old, new = _by_place(before), _by_place(filter(_is_own, after))
    fresh = [entry for place, entry in new.items() if place not in old or _differs(old[place], entry)]
    return fresh, [place for place in old if place not in new]


def _by_place(entries: Iterable[Entry]) -> dict[Place, Entry]:
    return {(entry["domain"], entry["path"], entry["name"]): entry for entry in entries}


def _differs(old: Entry, new: Entry) -> bool:
    """Whether a cookie is another one; Chromium says ``Lax`` where the site says nothing of ``SameSite``."""
    is_other = any(old.get(name) != new.get(name) for name in _SAME)
    return is_other or abs(old.get("expires", -1) - new.get("expires", -1)) > SECOND


def _is_own(entry: Entry) -> bool:
    """Whether a cookie is no partitioned one (CHIPS), or in the partition of its own site."""
    host = urlsplit(str(entry.get("partitionKey") or "")).hostname
    domain = str(entry["domain"]).lstrip(".")
    return host is None or domain == host or domain.endswith(f".{host}")
