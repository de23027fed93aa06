"""Access and refresh tokens of the JSON API."""

from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Literal

from .levers import Levers
from .members import Member

TokenError = Literal["token_expired", "token_invalid"]


@dataclass(frozen=True)
class Pair:
    """What the API answers to a sign-in and to a refresh; `expires_in` is in seconds."""

    access: str
    refresh: str
    expires_in: float


class Tokens:
    """The tokens given out and not yet withdrawn. A refresh token works once."""

    def __init__(self, levers: Levers, clock: Callable[[], float]) -> None:
        self._levers = levers
        self._clock = clock
        self._access: dict[str, tuple[Member, float]] = {}
        self._refresh: dict[str, Member] = {}

    def issue(self, member: Member) -> Pair:
        """Give a member a new pair."""
        with self._levers.lock:
            pair = Pair(token_urlsafe(), token_urlsafe(), self._levers.access_token_seconds)
            self._access[pair.access] = (member, self._clock() + pair.expires_in)
            self._refresh[pair.refresh] = member
            return pair

    def exchange(self, refresh: str) -> Pair | None:
        """Take a refresh token for a new pair; None if it is unknown or was used before."""
        with self._levers.lock:
            member = self._refresh.pop(refresh, None)
            return self.issue(member) if member is not None else None

    def owner(self, access: str) -> Member | TokenError:
        """Return whose access token this is, or why it is nobody's."""
        with self._levers.lock:
            if access not in self._access:
                return "token_invalid"
            member, until = self._access[access]
            return member if self._clock() < until else "token_expired"

    def withdraw_all(self) -> bool:
        """End every token, and say whether there was one."""
        with self._levers.lock:
            anyone = bool(self._access or self._refresh)
            self._access.clear()
            self._refresh.clear()
            return anyone
