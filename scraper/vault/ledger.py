"""The ledger of sign-ins: what was tried, and which credentials must not be tried again.

No credential is in it. A rejected one is known by its scrypt hash, over a salt of its own and a key of this
installation, which lies in a file of its own: a ledger alone cannot be tried passwords against.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from scraper.vault.envelope import Damaged, of_json
from scraper.vault.hashing import octets, slow_hash

ATTEMPTS_KEPT = 50
REJECTIONS_KEPT = 10
LOCK_LASTS = 3600  # seconds


@dataclass(frozen=True)
class Attempt:
    """A sign-in: when, in seconds since 1970, what came of it in a word, and what there is to say of it."""

    at: float
    outcome: str
    message: str


@dataclass(frozen=True)
class Rejection:
    """A credential that the site did not accept, by its hash; `key` names the key that is in the hash."""

    at: float
    message: str
    key: str
    salt: str
    hash: str

    @classmethod
    def of(cls, credential: str, attempt: Attempt, key: bytes) -> Self:
        """Remember a credential by its hash."""
        salt = secrets.token_bytes(16)
        hash = _hash(credential, salt, key)
        return cls(attempt.at, attempt.message, _name(key), salt.hex(), hash.hex())

    def is_of(self, credential: str, key: bytes) -> bool:
        """Whether it is this credential. Raises `Damaged` where nobody can tell, as the key is gone."""
        if self.key != _name(key):
            raise Damaged("needs the ledger.key that it was written with, which is gone")
        try:
            salt, hash = bytes.fromhex(self.salt), bytes.fromhex(self.hash)
        except ValueError:
            raise Damaged("is damaged") from None
        return hmac.compare_digest(_hash(credential, salt, key), hash)


@dataclass
class Ledger:
    """What is known of the sign-ins of one identity.

    `attempts` are the last ones, the oldest first; `rejected` the credentials that were rejected last, each
    once; `locked` is when the site said that the account is locked; `code` the time step of the last code.

    `key` gives the key of this installation; it is only called where it is needed.
    """

    attempts: list[Attempt] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    locked: Attempt | None = None
    code: int = 0

    def objection(self, credential: str, now: float, key: Callable[[], bytes]) -> Attempt | None:
        """Return why a credential must not be submitted: it was rejected, or the account is locked."""
        for rejection in self.rejected:
            if rejection.is_of(credential, key()):
                return Attempt(rejection.at, "rejected", rejection.message)
        return self.locked if self.locked and now - self.locked.at < LOCK_LASTS else None

    def add(self, attempt: Attempt, credential: str, key: Callable[[], bytes]) -> None:
        """Write down a sign-in, and what follows from it."""
        self.attempts = [*self.attempts, attempt][-ATTEMPTS_KEPT:]
        if attempt.outcome in ("locked", "signed_in"):
            self.locked = attempt if attempt.outcome == "locked" else None
        if attempt.outcome in ("rejected", "signed_in"):
            self.rejected = [other for other in self.rejected if not other.is_of(credential, key())]
        if attempt.outcome == "rejected":
            self.rejected = [*self.rejected, Rejection.of(credential, attempt, key())][-REJECTIONS_KEPT:]

    def pardon(self) -> bool:
        """Forget rejections and locks; return whether there were any."""
        had_any = bool(self.rejected or self.locked)
        self.rejected, self.locked = [], None
        return had_any

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Return what `to_json` gave. Raises `Damaged` where it is something else."""
        attempts, rejected, locked, code = map(data.get, ("attempts", "rejected", "locked", "code"))
        if not (isinstance(attempts, list) and isinstance(rejected, list) and isinstance(code, int)):
            raise Damaged("is damaged")
        return cls(
            [of_json(Attempt, entry) for entry in attempts],
            [of_json(Rejection, entry) for entry in rejected],
            None if locked is None else of_json(Attempt, locked),
            code,
        )


def _name(key: bytes) -> str:
    """Return what a key is called, which does not tell the key."""
    return hashlib.blake2b(key, digest_size=8, person=b"ledger key").hexdigest()


def _hash(credential: str, salt: bytes, key: bytes) -> bytes:
    return slow_hash(hmac.digest(key, octets(credential), "sha256"), salt)
