"""Sites that ask for a user name and a password by HTTP's own means, and write down what they are given."""

from __future__ import annotations

import hashlib
from base64 import b64decode
from itertools import count
from typing import Any

from requests.utils import parse_dict_header

from tests.servers import Asked, Reply

PAGE = b'<!DOCTYPE html><title>Members</title><h1 id="in">In</h1><a href="/bye">Sign out</a>'
HTML = ("Content-Type", "text/html")


def refusal(*challenges: str, body: bytes = b"<title>401 Unauthorized</title>") -> Reply:
    return Reply(401, [*(("WWW-Authenticate", one) for one in challenges), HTML], body)


class BasicSite:
    """Asks for Basic at each address; `given` is what was sent, `closed` the pages that are shut to all."""

    challenge = 'Basic realm="Cellar, \\"lower\\" part", charset="UTF-8"'

    def __init__(self, username: str = "ada", password: str = "pa:ss wörd", encoding: str = "utf-8") -> None:
        self.username, self.password, self.encoding = username, password, encoding
        self.given: list[str] = []
        self.closed: set[str] = set()

    def __call__(self, asked: Asked) -> Reply:
        scheme, _, value = asked.headers.get("Authorization", "").partition(" ")
        if scheme == "Basic":
            self.given.append(b64decode(value).decode(self.encoding, "replace"))
        is_in = scheme == "Basic" and self.given[-1] == f"{self.username}:{self.password}"
        if not is_in or asked.path in self.closed:
            return refusal(self.challenge)
        return self.page(asked)

    def page(self, asked: Asked) -> Reply:
        if asked.path.startswith("/to/"):
            return Reply(302, [("Location", asked.path.removeprefix("/to"))])
        return Reply(200, [HTML], PAGE)


class DigestSite:
    """Asks for Digest (RFC 7616), is strict, and takes each count of a nonce once; `lifetime` in requests.

    `wrong` counts answers that were computed with another password, `stale` those with a nonce of before.
    """

    def __init__(
        self,
        username: str = "ada",
        password: str = 'pa,ss "wörd"',
        *,
        algorithm: str = "MD5",
        qop: str | None = "auth,auth-int",
        realm: str = 'Sealed, "level" 2',
        lifetime: int = 10**6,
        more: str = "",
    ) -> None:
        self.username, self.password, self.realm = username, password, realm
        self.algorithm, self.qop, self.lifetime, self.more = algorithm, qop, lifetime, more
        self.numbers = count()
        self.nonces: dict[str, set[str]] = {}
        self.wrong = self.stale = self.challenges = self.taken = 0
        self.closed: set[str] = set()
        self.next_nonce = False
        self.others: tuple[str, ...] = ()
        self.posted: list[bytes] = []

    def expire(self) -> None:
        """Forget all nonces, as a restart does."""
        self.nonces.clear()

    def __call__(self, asked: Asked) -> Reply:
        scheme, _, rest = asked.headers.get("Authorization", "").partition(" ")
        if scheme != "Digest":
            return self.challenge()
        given = parse_dict_header(rest)
        response = given["response"]
        if response != self.expected(given, asked):
            self.wrong += 1
            return self.challenge()
        uses = self.nonces.get(given["nonce"])
        if uses is None or given.get("nc", "") in uses or len(uses) >= self.lifetime:
            self.stale += 1
            return self.challenge("stale=true")
        if "nc" in given:
            uses.add(given["nc"])
        if asked.path in self.closed:
            return self.challenge()
        return self.page(asked)

    def page(self, asked: Asked) -> Reply:
        self.taken += 1
        headers = [HTML]
        if asked.method == "POST":
            self.posted.append(asked.body)
        if self.next_nonce:
            headers.append(("Authentication-Info", f'qop=auth, nextnonce="{self.nonce()}"'))
        if asked.path.startswith("/to/"):
            return Reply(302, [("Location", asked.path.removeprefix("/to")), *headers])
        return Reply(200, headers, PAGE)

    def nonce(self) -> str:
        nonce = f"nonce, {next(self.numbers)}=="
        self.nonces[nonce] = set()
        return nonce

    def challenge(self, *flags: str) -> Reply:
        self.challenges += 1
        realm = self.realm.replace('"', '\\"')
        parts = [f'realm="{realm}"', f'nonce="{self.nonce()}"', 'opaque="o,p=q"', *flags]
        parts += [f'qop="{self.qop}"'] if self.qop else []
        parts += [f"algorithm={self.algorithm}"] if self.algorithm else []
        parts += [self.more] if self.more else []
        return refusal(*self.others, f"Digest {', '.join(parts)}")

    def expected(self, given: dict[str, Any], asked: Asked) -> str:
        name = (self.algorithm or "MD5").removesuffix("-sess")
        kind = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}[name]

        def hashed(*parts: str) -> str:
            return hashlib.new(kind, ":".join(parts).encode()).hexdigest()

        assert given["opaque"] == "o,p=q"
        if given["uri"] != asked.path:
            return "another address"
        secret = hashed(self.username, self.realm, self.password)
        if (self.algorithm or "").endswith("-sess"):
            secret = hashed(secret, given["nonce"], given["cnonce"])
        counted = (given["nc"], given["cnonce"], given["qop"]) if self.qop else ()
        return hashed(secret, given["nonce"], *counted, hashed(asked.method, given["uri"]))
