"""A hash that is slow to try passwords against."""

from __future__ import annotations

import hashlib


def slow_hash(secret: bytes, salt: bytes) -> bytes:
    """Return 32 bytes by scrypt, which costs whoever tries them 16 MiB and about 30 ms each."""
    return hashlib.scrypt(secret, salt=salt, n=2**14, r=8, p=1, dklen=32)


def octets(text: str) -> bytes:
    """Return a secret as bytes, also where it holds half a character."""
    return text.encode("utf-8", "surrogatepass")
