"""`Identity`: whose session it is, and what its files are called."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass

_PLAIN = re.compile(r"(?!(con|prn|aux|nul|com[0-9]|lpt[0-9])$)[a-z0-9_]{1,40}")
"""Names that are a folder's on every file system; Windows keeps some for its devices."""


@dataclass(frozen=True)
class Identity:
    """Whose session it is.

    `spider` is the spider's name, or ``session``; `site` the origin of the login, as
    ``https://shop.example``; `account` is empty where the login names none.
    """

    spider: str
    site: str
    account: str


def folder_name(spider: str) -> str:
    """Return the name of a spider's folder: its own, or what of it is safe anywhere, and a hash."""
    if _PLAIN.fullmatch(spider):
        return spider
    letters = "".join(re.findall("[a-z0-9_]+", spider.lower()))[:40]
    return f"{letters}-{_hash(spider, size=8)}"


def file_name(who: Identity) -> str:
    """Return how the files of an identity begin, in its spider's folder."""
    return _hash(who.site, who.account, size=16)


def _hash(*texts: str, size: int) -> str:
    return hashlib.blake2b(json.dumps(texts).encode(), digest_size=size).hexdigest()
