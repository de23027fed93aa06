"""Who is signed in: sessions kept on the server, found by the id in the visitor's cookie."""

from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import token_urlsafe

from .counts import Tally
from .levers import Levers
from .members import Member


@dataclass(eq=False)
class Session:
    """One sign-in of one member. `replaced` holds its former ids, each with the time it was replaced."""

    member: Member
    remember: bool
    since: float
    id: str = field(default_factory=token_urlsafe, repr=False)
    replaced: dict[str, float] = field(default_factory=dict, repr=False)


class Sessions:
    """The open sessions of the site.

    With the lever `rotate_cookie`, an answer to a request that came with the current id carries a
    new one. The id it replaces stays good for `rotate_grace` seconds, so that requests already on
    their way do not die; their answers carry the id that is current by then, not one more new id.
    """

    def __init__(self, levers: Levers, tally: Tally, clock: Callable[[], float]) -> None:
        self._levers = levers
        self._tally = tally
        self._clock = clock
        self._by_id: dict[str, Session] = {}

    def open(self, member: Member, *, remember: bool) -> Session:
        """Sign a member in, under a new id."""
        session = Session(member, remember, since=self._clock())
        with self._levers.lock:
            self._by_id[session.id] = session
        return session

    def find(self, id: str) -> Session | None:
        """Return the session that goes by this id, unless its time is over."""
        with self._levers.lock:
            session = self._by_id.get(id)
            if session is None or self._outdated(session, id):
                return None
            if self._expired(session):
                self.close(session)
                self._tally.add("expiries")
                return None
            return session

    def rotate(self, session: Session, id: str) -> str | None:
        """Return the id that the answer to a request with `id` carries; None if the session has ended."""
        with self._levers.lock:
            if session.id not in self._by_id:
                return None
            if id == session.id:
                self._replace(session)
            return session.id

    def close(self, session: Session) -> None:
        """End one session, under all its ids."""
        with self._levers.lock:
            for id in (session.id, *session.replaced):
                self._by_id.pop(id, None)

    def close_all(self) -> bool:
        """End every session, and say whether there was one."""
        with self._levers.lock:
            anyone = bool(self._by_id)
            self._by_id.clear()
            return anyone

    def close_of(self, username: str) -> bool:
        """End every session of one member, and say whether there was one."""
        with self._levers.lock:
            own = [id for id, session in self._by_id.items() if session.member.username == username]
            for id in own:
                del self._by_id[id]
            return bool(own)

    def _replace(self, session: Session) -> None:
        for id in [id for id in session.replaced if self._outdated(session, id)]:
            del session.replaced[id], self._by_id[id]
        session.replaced[session.id] = self._clock()
        session.id = token_urlsafe()
        self._by_id[session.id] = session

    def _outdated(self, session: Session, id: str) -> bool:
        return id != session.id and self._clock() - session.replaced[id] >= self._levers.rotate_grace

    def _expired(self, session: Session) -> bool:
        lifetime = self._levers.sign_out_after_seconds
        return lifetime is not None and self._clock() - session.since >= lifetime
