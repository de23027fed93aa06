"""Who may sign in to the practice site, and whether a password is right."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from .counts import Tally
from .levers import Levers


@dataclass(frozen=True)
class Member:
    """One account. Its discount makes its pages tell whose they are."""

    username: str
    password: str = field(repr=False)
    name: str
    number: str
    discount: int = 0

    def price(self, pence: int) -> str:
        """What a book of so many pence costs this member, such as "51.77"; half a penny rounds up."""
        due = (pence * (100 - self.discount) + 50) // 100
        return f"{due // 100}.{due % 100:02d}"


READER = Member("reader", "practice-makes-perfect", "Robin Reader", "M-10001")
CRITIC = Member("critic", "read-between-lines", "Casey Critic", "M-10002", discount=10)
MEMBERS = {member.username: member for member in (READER, CRITIC)}
TOTP_SECRET = "PRACTICESITEPRACTICESITEPRACTICE"

Verdict = Literal["right", "wrong", "locked"]


class Passwords:
    """Judges passwords, and locks an account after too many wrong ones in a row."""

    def __init__(self, levers: Levers, tally: Tally) -> None:
        self._levers = levers
        self._tally = tally
        self._wrong: Counter[str] = Counter()
        self._locked: set[str] = set()

    def judge(self, username: str, password: str) -> Verdict:
        """Say whether this is a member's password; every call is one attempt."""
        with self._levers.lock:
            self._tally.add("login_attempts")
            verdict = self._verdict(username, password)
            if verdict != "right":
                self._tally.add("failed_logins")
            return verdict

    def unlock_all(self) -> None:
        """Open every locked account and forget the wrong passwords."""
        with self._levers.lock:
            self._wrong.clear()
            self._locked.clear()

    def _verdict(self, username: str, password: str) -> Verdict:
        member = MEMBERS.get(username)
        if member is None:
            return "wrong"
        if username not in self._locked and password == member.password:
            del self._wrong[username]
            return "right"
        return self._refuse(username)

    def _refuse(self, username: str) -> Verdict:
        self._wrong[username] += 1
        limit = self._levers.lock_after
        if limit is not None and self._wrong[username] >= limit:
            self._locked.add(username)
        return "locked" if username in self._locked else "wrong"
