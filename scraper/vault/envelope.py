"""What every JSON file of the vault says besides its content: its version, whose it is, and its age."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any, Self, TypeVar, get_type_hints

from scraper.vault.identity import Identity

T = TypeVar("T")

VERSION = 1


class Damaged(Exception):
    """A file is not what was written. Its text goes on from the file's name: ``is damaged``."""


@dataclass(frozen=True)
class Envelope:
    """The content of a file, whose it is, and when it was written, in seconds since 1970."""

    who: Identity
    at: float
    content: dict[str, Any]

    def to_bytes(self) -> bytes:
        """Return the file. It is pure ASCII, which keeps half a character too."""
        body = {"who": asdict(self.who), "written_at": self.at, **self.content}
        return json.dumps({"version": VERSION, "checksum": _checksum(body), **body}, indent=1).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read a file. Raises `Damaged`, which tells nothing of it, where it is not what was written."""
        try:
            body = json.loads(data)
            version, checksum = body.pop("version"), body.pop("checksum")
        except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
            raise Damaged("is damaged") from None
        if version != VERSION:
            raise Damaged("was written by another version of the scraper")
        if checksum != _checksum(body):
            raise Damaged("is damaged")
        who, at = body.pop("who", None), body.pop("written_at", None)
        if not isinstance(at, int | float):
            raise Damaged("is damaged")
        return cls(of_json(Identity, who), at, body)


def of_json(kind: type[T], data: Any) -> T:
    """Return a flat dataclass of what ``asdict`` made of it. Raises `Damaged` where the data is none of it.

    A right checksum does not say that this version has written it, nor that nobody has edited it.
    """
    try:
        made = kind(**data)
    except TypeError:
        raise Damaged("is damaged") from None
    for name, hint in get_type_hints(kind).items():
        if not isinstance(getattr(made, name), int | float if hint is float else hint):
            raise Damaged("is damaged")
    return made


def _checksum(body: dict[str, Any]) -> str:
    return hashlib.blake2b(json.dumps(body).encode(), digest_size=16).hexdigest()
