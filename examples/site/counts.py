"""What the practice site has seen: counted as it happens, read as a copy."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import RLock
from typing import Literal, get_args

Number = Literal[
    "requests",
    "connections",
    "logins",
    "login_attempts",
    "failed_logins",
    "login_pages",
    "logouts",
    "expiries",
    "failures",
    "api_logins",
    "refreshes",
    "anonymous_pages",
]


@dataclass(frozen=True)
class Counts:
    """Everything seen until the copy was made. A page is an answer with status 200."""

    requests: int
    """Requests of any kind, all but those to the control URL."""
    connections: int
    """TCP connections accepted, also those that only reached the control URL."""
    logins: int
    """Sign-ins that succeeded on the web pages, after the code if one is asked."""
    login_attempts: int
    """Passwords given, right or wrong, on the web pages or the API."""
    failed_logins: int
    """Passwords refused, on the web pages or the API, and one-time codes refused."""
    login_pages: int
    """Login forms served, at whichever URL."""
    logouts: int
    """Members who signed themselves out."""
    expiries: int
    """Times a lever ended sessions while someone was signed in."""
    failures: int
    """Requests that failed because of `fail_next`."""
    api_logins: int
    """Sign-ins that succeeded on the API."""
    refreshes: int
    """Refresh tokens exchanged for a new pair."""
    anonymous_pages: int
    """Pages served to visitors who were not signed in, login forms included."""
    pages: Mapping[str, int]
    """Pages served to each account."""
    books: Mapping[str, int]
    """Different books whose own page each account has seen."""
    served: Mapping[str, int]
    """How often each URL (path and query) was served to members."""


class Tally:
    """The running counts, safe to use from every thread of the server."""

    def __init__(self, lock: RLock) -> None:
        self._lock = lock
        self._numbers: Counter[str] = Counter()
        self._pages: Counter[str] = Counter()
        self._served: Counter[str] = Counter()
        self._books: defaultdict[str, set[int]] = defaultdict(set)

    def add(self, name: Number) -> None:
        """Count one more of what `name` says."""
        with self._lock:
            self._numbers[name] += 1

    def member_page(self, account: str, url: str, book: int | None) -> None:
        """Count a page served to a member, and the book it is about, if about one."""
        with self._lock:
            self._pages[account] += 1
            self._served[url] += 1
            if book is not None:
                self._books[account].add(book)

    def copy(self) -> Counts:
        """Return the counts as they stand now."""
        with self._lock:
            return Counts(
                **{name: self._numbers[name] for name in get_args(Number)},
                pages=dict(self._pages),
                books={account: len(seen) for account, seen in self._books.items()},
                served=dict(self._served),
            )
