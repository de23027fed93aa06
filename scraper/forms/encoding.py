"""The encodings that a form is sent in, by the names and with the encoders of the Encoding standard."""

from __future__ import annotations

from functools import lru_cache

from w3lib.encoding import resolve_encoding

UTF_8 = "UTF-8"
UNKNOWN = "xmlcharrefreplace"  # what becomes of a character that the encoding does not have

_CODECS = {
    "utf-8": UTF_8,
    "cp866": "IBM866",
    **{f"iso8859-{part}": f"ISO-8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
    "koi8-r": "KOI8-R",
    "koi8-u": "KOI8-U",
    "mac-roman": "macintosh",
    **{f"cp{page}": f"windows-{page}" for page in (874, *range(1250, 1259))},
    "gb18030": "gb18030",
    "big5hkscs": "Big5",
    "euc_jp": "EUC-JP",
    "iso2022_jp": "ISO-2022-JP",
    "cp932": "Shift_JIS",
    "cp949": "EUC-KR",
}
_NAMES = {name: codec for codec, name in _CODECS.items()} | {
    "GBK": "gb18030",
    "ISO-8859-8-I": "iso8859-8",
    "x-mac-cyrillic": "mac-cyrillic",
}
_LABELS = dict.fromkeys(["gbk", "gb2312", "gb_2312-80", "chinese", "x-gbk", "csgb2312"], "GBK")
_LABELS |= dict.fromkeys(["iso-8859-8-i", "csiso88598i", "logical"], "ISO-8859-8-I")
_LABELS |= dict.fromkeys(["x-mac-cyrillic", "x-mac-ukrainian"], "x-mac-cyrillic")
_LABELS |= dict.fromkeys(["replacement", "hz-gb-2312", "iso-2022-kr", "iso-2022-cn"], UTF_8)

_ALIKE = {
    "Shift_JIS": str.maketrans("¥‾\u2212", "\\~\uff0d"),
    "EUC-JP": str.maketrans("¥‾\uff5e\u2225\uff0d\uffe0\uffe1\uffe2", "\\~\u301c\u2016\u2212¢£¬"),
}


def output_encoding(codec: str) -> str:
    """Return the standard's name of what a page read by this codec sends: UTF-16 is only read."""
    return _CODECS.get(codec.lower(), UTF_8)


def accepted_encoding(labels: str) -> str | None:
    """Return the name of the first encoding in an ``accept-charset`` that there is."""
    return next(filter(None, map(_by_label, labels.replace(",", " ").split())), None)


def _by_label(label: str) -> str | None:
    codec = resolve_encoding(label) or ""
    if codec.startswith("utf-16"):
        return UTF_8
    return _LABELS.get(label.lower()) or _CODECS.get(codec)


def encode(text: str, encoding: str) -> bytes:
    """Encode as the standard does in its ``html`` mode: ``&#8364;`` for what the encoding does not have."""
    if encoding in (UTF_8, "ISO-2022-JP"):
        return text.encode(_NAMES[encoding], UNKNOWN)
    return b"".join(_octets(character, encoding) for character in text)


@lru_cache(4096)
def _octets(character: str, encoding: str) -> bytes:
    character = character.translate(_ALIKE.get(encoding, {}))
    if encoding.startswith("windows-") and "\x80" <= character <= "\x9f":
        return _c1(character, encoding)
    if (encoding, character) in (("GBK", "€"), ("Big5", "€")):
        return b"\x80" if encoding == "GBK" else b"\xa3\xe1"
    octets = character.encode(_NAMES[encoding], UNKNOWN)
    return character.encode("ascii", UNKNOWN) if _is_only_read(octets, encoding) else octets


def _c1(character: str, encoding: str) -> bytes:
    """The octets that Python leaves undefined are control characters in the standard."""
    octet = character.encode("latin-1")
    is_free = octet.decode(_NAMES[encoding], "replace") == "\N{REPLACEMENT CHARACTER}"
    return octet if is_free else character.encode("ascii", UNKNOWN)


def _is_only_read(octets: bytes, encoding: str) -> bool:
    """Whether the standard decodes these octets but does not encode to them."""
    return (
        (encoding == "GBK" and len(octets) == 4 and octets[:1] > b"\x80")
        or (encoding == "Big5" and b"\x80" < octets[:1] < b"\xa1")
        or (encoding == "EUC-JP" and octets[:1] == b"\x8f")
    )
