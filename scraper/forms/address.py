"""The address that an ``action`` means: the URL standard's parser, as far as http and https need it."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from scraper.forms.encoding import UTF_8, encode

_SPLIT = re.compile(r"(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_UNSEEN = "".join(map(chr, range(0x21)))  # C0 controls and the space
_ONE_DOT, _TWO_DOTS = (".", "%2e"), ("..", ".%2e", "%2e.", "%2e%2e")
_IN_PATH = "!$%&'()*+,-./:;=@[]_~"
_IN_QUERY = "!$%&()*+,-./:;=?@[\\]^_`{|}~"


def resolve(base: str, stated: str, encoding: str) -> str:
    """Return the absolute address, without its fragment; what is neither http nor https comes as it is.

    A query is in the `encoding` of the page, a path always in UTF-8.
    """
    cleaned = re.sub(r"[\t\n\r]", "", stated.strip(_UNSEEN))
    scheme, host, base_path, base_query = _parts(base)
    if named := _SCHEME.match(cleaned):
        if named[1].lower() not in ("http", "https"):
            return cleaned
        cleaned, is_other = cleaned[named.end() :], named[1].lower() != scheme
        scheme = named[1].lower()
        if is_other or cleaned.replace("\\", "/").startswith("//"):
            cleaned = "//" + cleaned.lstrip("/\\")
    parts = _SPLIT.match(cleaned)
    path, query = (parts["path"].replace("\\", "/"), parts["query"]) if parts else ("", None)
    if path.startswith("//"):
        host, _, path = path.lstrip("/").partition("/")
        path = "/" + path
    elif not path:
        path, query = base_path, base_query if query is None else query
    elif not path.startswith("/"):
        path = base_path.rpartition("/")[0] + "/" + path
    asked = "" if query is None else f"?{quote(_in_octets(query, encoding), safe=_IN_QUERY)}"
    return f"{scheme}://{host}{quote(_without_dots(path).encode(), safe=_IN_PATH)}{asked}"


def _parts(url: str) -> tuple[str, str, str, str | None]:
    split, parts = urlsplit(url), _SPLIT.match(url)
    return split.scheme, split.netloc, split.path or "/", parts["query"] if parts else None


def _in_octets(query: str, encoding: str) -> bytes:
    """Encode; a character that the encoding lacks is written ``&#8364;``, and that percent-encoded."""
    if encoding == UTF_8 or query.isascii():
        return query.encode()
    octets = (c.encode() if c.isascii() else encode(c, encoding) for c in query)
    return b"".join(quote(o).encode() if o.startswith(b"&#") else o for o in octets)


def _without_dots(path: str) -> str:
    kept: list[str] = []
    segments = path.split("/")[1:]
    for number, segment in enumerate(segments):
        is_last = number == len(segments) - 1
        if segment.lower() in _TWO_DOTS:
            del kept[-1:]
        elif segment.lower() not in _ONE_DOT:
            kept.append(segment)
            continue
        kept += [""] * is_last
    return "/" + "/".join(kept)
