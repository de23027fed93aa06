"""The encoding of a page: byte order mark, HTTP header, what the page declares, and only then a guess.

Labels and the mark as the Encoding standard (https://encoding.spec.whatwg.org) has them, ``<meta>`` as the
prescan of the HTML standard (13.2.3.2), which goes on behind 1024 bytes while the head of the page does, as
in Chromium. A label that no browser knows is passed over: the next source counts. Encodings are named as
Python names them.
"""

from __future__ import annotations

import re
from functools import lru_cache

import webencodings
from charset_normalizer import from_bytes
from w3lib.encoding import to_unicode

PRESCAN = 1024
"""Bytes in which a declaration counts wherever it stands."""

LONGEST_HEAD = 64 * 1024
"""Bytes in which it counts if only the tags of a head stand before it."""

SAMPLE = 64 * 1024
"""Bytes of a page that a guess looks at."""

FALLBACK = "cp1252"

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xfe\xff", "utf-16-be"), (b"\xff\xfe", "utf-16-le"))
_REFUSED = ("replacement", "x-user-defined")
_HEAD = frozenset(
    [b"html", b"head", b"meta", b"title", b"link", b"base", b"style", b"script", b"noscript", b"object"]
)

_PARAMETER = re.compile(r'(,)|;[ \t]*([^\s;=,]+)=(?:"((?:[^"\\]|\\.)*)"|([^;,]*))')
_TAG = re.compile(rb"<(/?[a-z][^\s/>]*)", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    rb"""[\s/]*([^\s/>][^\s/>=]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"'][^\s>]*)?))?"""
)
_CHARSET = re.compile(rb"""charset\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s;"'][^\s;]*))""", re.IGNORECASE)
_XML = re.compile(rb"""<\?xml\s[^>]*?encoding\s*=\s*["']([^"'>]*)["']""")
_RAW = {name: re.compile(rb"</" + name, re.IGNORECASE) for name in (b"script", b"style")}

_WIDE = ((re.compile(rb"<\0[^\0]\0"), "utf-16-le"), (re.compile(rb"\0<\0[^\0]"), "utf-16-be"))
_MARKUP = re.compile(rb"<[^<>]*>")
_FOREIGN_WORD = re.compile(rb"[\x80-\xff]{3,}")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_BROKEN_OFF = re.compile(rb"[\s<][^\s<]*\Z")
_ENOUGH = 8
_OF_ANOTHER_SCRIPT = (
    *("cp1251", "koi8_r", "cp866", "iso8859_5", "cp1253", "cp1255", "cp1256", "cp874"),
    *("cp932", "euc_jp", "gb18030", "big5hkscs", "big5", "cp949"),
)
_OF_OURS = ("cp1250", "cp1252", "cp1254", "cp1257")


def encoding_of(content: bytes, content_type: str = "", *, is_xml: bool = False) -> str:
    """Return the encoding of a body that came with this ``Content-Type``; always one that there is."""
    declared = mark_of(content)[1] or from_header(content_type) or from_page(content, is_xml=is_xml)
    return declared or _guess(content)


def decode(content: bytes, encoding: str) -> str:
    """Return the body as text, without its mark, and with U+FFFD for what `encoding` does not have."""
    return to_unicode(content[len(mark_of(content)[0]) :], encoding)


def mark_of(content: bytes) -> tuple[bytes, str | None]:
    """Return the byte order mark that a body begins with, and what it says."""
    if content[:1] in b"\xef\xfe\xff":
        for mark, encoding in _MARKS:
            if content.startswith(mark):
                return mark, encoding
    return b"", None


def codec(label: str) -> str | None:
    """Return what the Encoding standard reads by a label; ``None`` where there is nothing to read by.

    Encodings that the standard replaces are refused as well: nobody is helped by a page of one U+FFFD.
    """
    found = webencodings.lookup(label)
    if found is None or found.name in _REFUSED:
        return None
    return "gb18030" if found.name == "gbk" else str(found.codec_info.name)


@lru_cache(maxsize=256)
def from_header(content_type: str) -> str | None:
    """Return the encoding that a ``Content-Type`` names: in one the first, of two joined the last one's."""
    label, is_open = "", True
    for comma, name, quoted, token in _PARAMETER.findall(content_type):
        if name.lower() == "charset" and is_open:
            label, is_open = quoted or token, False
        is_open = is_open or bool(comma)
    return codec(label)


def from_page(content: bytes, *, is_xml: bool = False) -> str | None:
    """Return the encoding that a page declares: HTML rather by ``<meta>``, XML by its declaration."""
    ways = (_from_xml, _from_meta) if is_xml else (_from_meta, _from_xml)
    return ways[0](content[:LONGEST_HEAD]) or ways[1](content[:LONGEST_HEAD])


def _from_meta(content: bytes) -> str | None:
    at, in_head = 0, True
    while (at := content.find(b"<", at)) >= 0 and (in_head or at < PRESCAN):
        if content.startswith(b"<!--", at):
            at = _behind(content, b"-->", at + 2)
        elif tag := _TAG.match(content, at):
            attributes, at = _attributes(content, tag.end())
            name = tag[1].lower()
            if content.find(b">", at) < 0:
                return None
            if name == b"meta" and (declared := _declared(attributes)):
                return declared
            in_head = in_head and name.removeprefix(b"/") in _HEAD and name not in (b"/head", b"/html")
            if name in _RAW:
                end = _RAW[name].search(content, at)
                at = end.start() if end else len(content)
        else:
            at = _behind(content, b">", at) if content[at + 1 : at + 2] in (b"!", b"/", b"?") else at + 1
    return None


def _behind(content: bytes, mark: bytes, at: int) -> int:
    found = content.find(mark, at)
    return len(content) if found < 0 else found + len(mark)


def _attributes(content: bytes, at: int) -> tuple[dict[bytes, bytes], int]:
    """Return the attributes that stand from `at` on, of two alike the first, and where the last one ends."""
    attributes: dict[bytes, bytes] = {}
    while match := _ATTRIBUTE.match(content, at):
        attributes.setdefault(match[1].lower(), match[2] or match[3] or match[4] or b"")
        at = match.end()
    return attributes, at


def _declared(attributes: dict[bytes, bytes]) -> str | None:
    label = attributes.get(b"charset")
    if label is None and attributes.get(b"http-equiv", b"").lower() == b"content-type":
        named = _CHARSET.search(attributes.get(b"content", b""))
        label = named and (named[1] or named[2] or named[3])
    return _readable(label) if label else None


def _readable(label: bytes) -> str | None:
    """What declares UTF-16 in ASCII is not in UTF-16, says the standard; and so of x-user-defined."""
    found = codec(name := label.decode("latin-1"))
    if found and found.startswith("utf-16"):
        return "utf-8"
    return FALLBACK if name.strip().lower() == "x-user-defined" else found


def _from_xml(content: bytes) -> str | None:
    declaration = _XML.match(content)
    return _readable(declaration[1]) if declaration else None


def _guess(content: bytes) -> str:
    for start, encoding in _WIDE:
        if start.match(content):
            return encoding
    return "utf-8" if _is_utf8(content) else _guess_script(content) or FALLBACK


def _is_utf8(content: bytes) -> bool:
    """Whether a body is UTF-8, or would be but for a few strays, such as a character cut off at its end."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("utf-8", "replace")
        return text.count("\N{REPLACEMENT CHARACTER}") * 4 < len(_NOT_ASCII.findall(text))
    return True


def _guess_script(content: bytes) -> str | None:
    """Return an encoding of a script other than Latin, if whole words are not ASCII.

    Latin letters beyond ASCII stand alone or in twos, and their encodings are hard to tell apart.
    """
    words = _FOREIGN_WORD.findall(content[:SAMPLE])
    if sum(map(len, words)) < _ENOUGH:
        return None
    sample = content if len(content) <= SAMPLE else _BROKEN_OFF.sub(b"", content[:SAMPLE])
    isolation = [*_OF_ANOTHER_SCRIPT, *_OF_OURS]
    best = from_bytes(_MARKUP.sub(b" ", sample), cp_isolation=isolation, preemptive_behaviour=False).best()
    if best is None or best.encoding not in _OF_ANOTHER_SCRIPT:
        return None
    return codec(best.encoding.replace("_", "-")) or best.encoding


def without_surrogates(text: str) -> str:
    """Return `text` with halves of characters joined, or replaced: no file and no network takes them."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
