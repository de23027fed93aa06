"""`Digest`: answers challenges as RFC 7616 says; the password itself is never sent."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import quote

import requests
from requests.models import PreparedRequest

from scraper.auth import Authorization, can_send_again, send_again
from scraper.login.challenges import Challenge, challenges, parameters_in

HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}
MOST_STALE = 3
"""So many nonces in a row that are out of date at once are one too many, and no new one is tried."""


@dataclass(frozen=True)
class Account:
    """Who signs in: both texts as the bytes that are hashed, one for each character."""

    username: str
    password: str = field(repr=False)

    @classmethod
    def of(cls, username: str, password: str) -> Account:
        """Return an account whose texts go as UTF-8."""
        return cls(*(text.encode().decode("latin-1") for text in (username, password)))


def answerable(offered: Iterable[Challenge]) -> Challenge | None:
    """Return the first Digest challenge, which is the one the server likes best, that can be answered."""
    return next((one for one in offered if one.scheme == "digest" and not objection(one)), None)


def objection(challenge: Challenge) -> str:
    """Say why a Digest challenge cannot be answered; nothing where it can."""
    if not {"realm", "nonce"} <= challenge.parameters.keys():
        return "has no realm or no nonce"
    if HASHES.get(_algorithm(challenge)[0]) not in hashlib.algorithms_available:
        return f"wants the algorithm {challenge.parameters.get('algorithm', 'MD5')}"
    return "" if "auth" in _qop(challenge) else "wants whole bodies signed (qop=auth-int)"


def _algorithm(challenge: Challenge) -> tuple[str, bool]:
    """Return the name of the hash, and whether its first part is for one nonce (``-sess``)."""
    name = challenge.parameters.get("algorithm", "MD5").upper()
    return name.removesuffix("-SESS"), name.endswith("-SESS")


def _qop(challenge: Challenge) -> list[str]:
    """Return the kinds of protection offered; a server of RFC 2069 names none, and means ``auth``."""
    named = challenge.parameters.get("qop", "auth").lower().split(",")
    return [kind.strip() for kind in named]


class Answering(NamedTuple):
    """A challenge that is being answered, so many times by now; `cnonce` is our part of the hash."""

    challenge: Challenge
    cnonce: str
    uses: int = 0

    def header(self, account: Account, method: str, target: str) -> str:
        """Return the value of ``Authorization`` for one request (RFC 7616, 3.4)."""
        given = self.challenge.parameters
        parts = [self._named(account), *(f"{name}={_quoted(given[name])}" for name in ("realm", "nonce"))]
        parts += [f"uri={_quoted(target)}", f'response="{self._response(account, method, target)}"']
        parts += [f"algorithm={given['algorithm']}"] if "algorithm" in given else []
        parts += [f"opaque={_quoted(given['opaque'])}"] if "opaque" in given else []
        parts += [f'qop=auth, nc={self._count}, cnonce="{self.cnonce}"'] if "qop" in given else []
        parts += ["userhash=true"] if self._hides_user else []
        return f"Digest {', '.join(parts)}"

    def _response(self, account: Account, method: str, target: str) -> str:
        given = self.challenge.parameters
        secret = self._hashed(account.username, given["realm"], account.password)
        if _algorithm(self.challenge)[1]:
            secret = self._hashed(secret, given["nonce"], self.cnonce)
        counted = (self._count, self.cnonce, "auth") if "qop" in given else ()
        return self._hashed(secret, given["nonce"], *counted, self._hashed(method, target))

    def _named(self, account: Account) -> str:
        given, username = self.challenge.parameters, account.username
        if self._hides_user:
            return f'username="{self._hashed(username, given["realm"])}"'
        if username.isascii() or given.get("charset", "").upper() != "UTF-8":
            return f"username={_quoted(username)}"
        return f"username*=UTF-8''{quote(username.encode('latin-1'), safe='')}"

    def _hashed(self, *parts: str) -> str:
        name = HASHES[_algorithm(self.challenge)[0]]
        return hashlib.new(name, ":".join(parts).encode("latin-1"), usedforsecurity=False).hexdigest()

    @property
    def _count(self) -> str:
        return f"{self.uses:08x}"

    @property
    def _hides_user(self) -> bool:
        return self.challenge.parameters.get("userhash", "").lower() == "true"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class Digest(Authorization):
    """Signs requests with the nonce that the server gave last, and those that it refused with a new one.

    Challenges of the first realm alone are answered; another one has other passwords. Any number of threads
    share a nonce, whose uses are counted; other processes get one of their own.
    """

    def __init__(self, account: Account, realm: str | None = None) -> None:
        self._account, self.realm = account, realm
        self._current: Answering | None = None
        self._lock = threading.Lock()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Digest) and (self._account, self.realm) == (other._account, other.realm)

    def __hash__(self) -> int:
        return hash(self._account)

    def __reduce__(self) -> tuple[Any, ...]:
        return Digest, (self._account, self.realm)

    def __repr__(self) -> str:
        return f"Digest(realm={self.realm!r})"

    @property
    def secrets(self) -> Iterable[str]:
        """The password, as it is hashed."""
        return (self._account.password,)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Sign a request, if there is a nonce yet, and see to it that a challenge is answered."""
        self._sign(request)
        if self._answer not in request.hooks["response"]:
            request.hooks["response"].append(self._answer)
        return request

    def _sign(self, request: PreparedRequest) -> None:
        with self._lock:
            if self._current is None:
                return
            self._current = self._current._replace(uses=self._current.uses + 1)
            current = self._current
        method, target = str(request.method), request.path_url
        request.headers["Authorization"] = current.header(self._account, method, target)

    def _answer(self, answer: requests.Response, **options: Any) -> requests.Response:
        """Sign a refused request anew, unless it was signed with a nonce that is still good."""
        for _ in range(1 + MOST_STALE):
            challenge = self._challenge_of(answer)
            if challenge is None:
                break
            is_signed = answer.request.headers.get("Authorization", "").startswith("Digest ")
            is_stale = challenge.parameters.get("stale", "").lower() == "true"
            self._take(challenge)
            if (is_signed and not is_stale) or not can_send_again(answer.request):
                break
            self._sign(answer.request)
            answer = send_again(answer, **options)
        self._take_next(answer)
        return answer

    def _challenge_of(self, answer: requests.Response) -> Challenge | None:
        """Return the challenge of a refusal, if it is one of this realm."""
        if answer.status_code != 401:
            return None
        challenge = answerable(challenges(answer.headers.get("WWW-Authenticate", "")))
        return challenge if challenge and self.realm in (None, challenge.parameters["realm"]) else None

    def _take(self, challenge: Challenge) -> None:
        """Sign with the nonce of `challenge` from now on."""
        with self._lock:
            self.realm = challenge.parameters["realm"]
            known = self._current and self._current.challenge.parameters["nonce"]
            if known != challenge.parameters["nonce"]:
                self._current = Answering(challenge, secrets.token_hex(16))

    def _take_next(self, answer: requests.Response) -> None:
        """Sign with the nonce that the server wants next (RFC 7616, 3.5), if it says one."""
        nonce = parameters_in(answer.headers.get("Authentication-Info", "")).get("nextnonce")
        if nonce and self._current is not None:
            challenge = self._current.challenge
            self._take(challenge._replace(parameters={**challenge.parameters, "nonce": nonce}))
