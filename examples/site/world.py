"""All that one practice site remembers: how its levers stand, who is signed in, what it has seen."""

import time
from collections.abc import Callable
from threading import Event

from .counts import Counts, Tally
from .levers import Failure, Levers
from .members import TOTP_SECRET, Passwords
from .sessions import Session, Sessions
from .tokens import Tokens
from .visitors import Visitors


class World(Levers):
    """The state behind the pages, under one lock. `clock` gives the seconds that levers are measured in."""

    __slots__ = (
        "_member_requests",
        "_sign_out_after",
        "clock",
        "passwords",
        "sessions",
        "stopping",
        "tally",
        "tokens",
        "visitors",
    )

    def __init__(self, clock: Callable[[], float] = time.time, **levers: object) -> None:
        super().__init__()
        self.set_levers(**levers)
        self.clock = clock
        self.stopping = Event()
        self.tally = Tally(self.lock)
        self.passwords = Passwords(self, self.tally)
        self.sessions = Sessions(self, self.tally, clock)
        self.tokens = Tokens(self, clock)
        self.visitors = Visitors(self.lock)
        self._sign_out_after = self.sign_out_after
        self._member_requests = 0

    @property
    def counts(self) -> Counts:
        """A copy of what the site has seen so far."""
        return self.tally.copy()

    @property
    def totp_secret(self) -> str:
        """The secret, in base 32, from which both members' one-time codes are made."""
        return TOTP_SECRET

    def sign_everyone_out(self) -> None:
        """End every session and withdraw every token, now."""
        with self.lock:
            had_sessions, had_tokens = self.sessions.close_all(), self.tokens.withdraw_all()
            self._member_requests = 0
            if had_sessions or had_tokens:
                self.tally.add("expiries")

    def sign_out(self, username: str) -> None:
        """End the sessions of one member, now."""
        with self.lock:
            if self.sessions.close_of(username):
                self.tally.add("expiries")

    def unlock_everyone(self) -> None:
        """Open every account that too many wrong passwords have locked."""
        self.passwords.unlock_all()

    def admit(self, cookie: str | None) -> Session | None:
        """Return the session a request came with, and count it as a member's request."""
        with self.lock:
            session = self.sessions.find(cookie) if cookie else None
            if session is not None:
                self.count_member_request()
            return session

    def count_member_request(self) -> None:
        """Count towards `sign_out_after`, anew whenever it was changed; this request is still served."""
        with self.lock:
            if self.sign_out_after != self._sign_out_after:
                self._sign_out_after, self._member_requests = self.sign_out_after, 0
            self._member_requests += 1
            if self._member_requests == self.sign_out_after:
                self.sign_everyone_out()

    def next_failure(self) -> Failure | None:
        """Return how the request at hand has to fail, and count it; None if it need not."""
        with self.lock:
            if not self.fail_next:
                return None
            self.fail_next -= 1
            self.tally.add("failures")
            return self.fail_with
