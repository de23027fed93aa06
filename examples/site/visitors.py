"""People at the door, not signed in yet: their form tokens, and the codes they still owe."""

from dataclasses import dataclass
from secrets import token_urlsafe
from threading import RLock

from .members import Member


@dataclass(frozen=True)
class Pending:
    """A right password whose one-time code is still awaited."""

    member: Member
    remember: bool
    next: str


class Visitors:
    """Visitors known by the cookie a login form gave them."""

    def __init__(self, lock: RLock) -> None:
        self._lock = lock
        self._pending: dict[str, Pending | None] = {}
        self._tokens: dict[str, str] = {}
        self._codes: set[tuple[str, str]] = set()

    def recognise(self, cookie: str | None) -> str:
        """Return the visitor's id: the cookie's if this site gave it, else a new one."""
        with self._lock:
            if cookie is not None and cookie in self._pending:
                return cookie
            visitor = token_urlsafe(16)
            self._pending[visitor] = None
            return visitor

    def token(self, visitor: str) -> str:
        """Return a new token for a form of this visitor, good for one submission."""
        token = token_urlsafe(24)
        with self._lock:
            self._tokens[token] = visitor
        return token

    def redeem(self, visitor: str | None, token: str) -> bool:
        """Use a form token up, and say whether it was good and this visitor's own."""
        with self._lock:
            if visitor is None or self._tokens.get(token) != visitor:
                return False
            del self._tokens[token]
            return True

    def expect_code(self, visitor: str, pending: Pending) -> None:
        """Remember a visitor whose password was right."""
        with self._lock:
            self._pending[visitor] = pending

    def pending(self, visitor: str | None) -> Pending | None:
        """Return the sign-in that waits for this visitor's code."""
        with self._lock:
            return self._pending.get(visitor) if visitor is not None else None

    def spend_code(self, visitor: str, member: Member, code: str) -> bool:
        """Use a right code up and end the wait; False if the code was used before."""
        with self._lock:
            if (member.username, code) in self._codes:
                return False
            self._codes.add((member.username, code))
            self._pending[visitor] = None
            return True
