"""An entry list as octets: URL-encoded, multipart and plain ("Form submission" of the HTML standard)."""

from __future__ import annotations

import secrets
from urllib.parse import quote_plus

from scraper.forms.encoding import encode

Entries = list[tuple[str, str]]


class NoFile(str):
    """The value of a file control without a file: empty, but a part with a file name of its own."""

    __slots__ = ()


def urlencoded(entries: Entries, encoding: str) -> str:
    """Serialise as application/x-www-form-urlencoded (URL standard, 5.2)."""
    return "&".join(f"{_quote(name, encoding)}={_quote(value, encoding)}" for name, value in entries)


def _quote(text: str, encoding: str) -> str:
    return quote_plus(encode(text, encoding), safe="*").replace("~", "%7E")


def plain(entries: Entries, encoding: str) -> bytes:
    """Serialise as text/plain: a line for each entry, for people to read."""
    return encode("".join(f"{name}={value}\r\n" for name, value in entries), encoding)


def multipart(entries: Entries, encoding: str) -> tuple[bytes, str]:
    """Serialise as multipart/form-data (RFC 7578, names escaped as HTML says); return it and its type."""
    boundary = f"----FormBoundary{secrets.token_hex(12)}"
    parts = "".join(f"--{boundary}\r\n{_part(name, value)}\r\n" for name, value in entries)
    return encode(f"{parts}--{boundary}--\r\n", encoding), f"multipart/form-data; boundary={boundary}"


def _part(name: str, value: str) -> str:
    escaped = name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
    head = f'Content-Disposition: form-data; name="{escaped}"'
    if isinstance(value, NoFile):
        head += '; filename=""\r\nContent-Type: application/octet-stream'
    return f"{head}\r\n\r\n{value}"
