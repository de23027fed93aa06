"""What passes between the loop, the workers and the job: leases, visits and outcomes, as plain data."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Any

from scraper.item import Reject
from scraper.kept import Kept
from scraper.redact import redact
from scraper.request import Request
from scraper.response import Auth
from scraper.storage import Saved

BAD = 400
LONGEST_KIND = 30
_SCHEMES = frozenset(("http", "https"))

NO_ANSWER, REDIRECTED, ROBOTS = "no answer", "redirected", "robots.txt"
"""Kinds of failure that are neither a status nor the name that an error begins with."""

Hits = tuple[tuple[str, str, str], int, int]
"""A field (the item's type, the field's name, its selector), on how many rows it was found, and missed."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A request that was handed out: its row in the job, and when (seconds since the epoch).

    `account` is the one of several by which it is fetched.
    """

    id: int
    request: Request
    at: float
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """What came of one request, as plain data: its outcome, and what the page gave."""

    ok: bool
    error: str | None = None
    status: int | None = None
    auth: Auth = "unknown"
    epoch: int = 0
    account: str | None = None
    attempts: int = 1
    elapsed: float = 0.0
    size: int = 0
    items: tuple[tuple[str, str], ...] = ()
    types: tuple[tuple[str, str], ...] = ()
    """What the classes of the items say of them, as `scraper.record.describe` puts it."""
    rejects: tuple[Reject, ...] = ()
    requests: tuple[Request, ...] = ()
    denied: tuple[Request, ...] = ()
    avoided: tuple[tuple[str, str], ...] = ()
    fields: tuple[Hits, ...] = ()
    file: Saved | None = None
    page: bytes | None = None
    """The page, without secrets, where it is worth keeping; and of what kinds it is, see `Evidence`."""
    kinds: tuple[str, ...] = ()
    kept: Kept | None = None
    """The page as it was read, where the spider wants all of them kept."""
    retry_after: float = 0.0
    """Seconds that the host asks to wait before it is asked again; 0: it does not ask."""
    says_nothing_of_host: bool = False
    """Whether what went wrong is no sign of how the host is doing."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel as the values of the fields, without secrets that only this process may know."""
        return Visit, _values_of(self._redacted() if self.error or self.rejects else self)

    def _redacted(self) -> Visit:
        rejects = tuple(replace(one, message=redact(one.message)) for one in self.rejects)
        return replace(self, error=redact(self.error) if self.error else None, rejects=rejects)


_values_of = attrgetter(*Visit.__slots__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A visit that is ready to be committed: whose it is, and when its answer was seen."""

    lease: Lease
    visit: Visit
    at: float = field(default_factory=time.time)


def kind_of(status: int | None, error: str | None) -> str:
    """Return in a word or two what went wrong with a page: ``"503"``, ``"access_denied"``, ``"KeyError"``.

    That is the name before the colon of the error, or the status; or else the site did not answer, led to
    where the spider does not go, or forbids the page by its robots.txt.
    """
    text = error or ""
    name, colon, _ = text.partition(":")
    if colon and name.isidentifier() and len(name) <= LONGEST_KIND and name not in _SCHEMES:
        return name
    if status is not None and status >= BAD:
        return str(status)
    if status is not None:
        return REDIRECTED
    return ROBOTS if "/robots.txt" in text else NO_ANSWER
