"""No secret leaves by a log, a traceback, a saved page or an address: redaction by value.

What is registered here is replaced by ``***`` wherever it shows, whatever its name is, and however it is
written: raw, percent-encoded, JSON-, JavaScript-, Python- or HTML-escaped, character by character and mixed
at will, in UTF-8 or Latin-1, or in base64 at any place of a longer text, as in ``Authorization: Basic``.

How it is found: one table holds the last four bytes of every way to write every secret. A text is read once,
four bytes at a time, and looked up in that table, which costs the same for two secrets as for two thousand.
Only where that hits, a whole secret is compared, from its end, as tokens of one kind begin alike.

What it cannot see: a secret that is cut short, wrapped over lines, encoded twice, or changed in any other way
(its case, hashed, compressed, hexadecimal, UTF-16); and one that nobody registered. `install` says what holds
for logs.
"""

from __future__ import annotations

import contextlib
import html.entities
import json
import re
import sys
import threading
import weakref
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from typing import NamedTuple
from urllib.parse import unquote

MASK = "***"
PASSING_LIMIT = 2_000
"""So many values that do not last are remembered; the oldest give way, those that nobody holds first."""

SHORTEST, SHORTEST_NUMBER, SHORTEST_TOKEN, SURE_TOKEN = 4, 6, 8, 16
"""Characters of a secret, of one of digits only, of a token with letters and digits, and of any token.

Four lower-case letters turn up by chance once in 457,000 places, which is every twentieth page; three of them
on each page. A number of four digits is a year, a price or a port.
"""

EVERYDAY = re.compile(
    "account|admin|auth|body|books?|cache|class|code|content|cookie|data|date|debug|default|demo|email|errors?|"
    "example|false|fetch|field|file|form|guest|headers?|home|host|href|html|https?|info|input|items?|json|links?|"
    "list|localhost|logged|login|logout|main|member|mode|name|next|none|null|pages?|pass|passwd|password|path|"
    "price|query|read|requests?|response|root|scraper|secret|session|shop|sign|site|span|spider|start|state|"
    "status|submit|test|text|time|title|token|true|type|unknown|user|username|utf-8|value|warning",
    re.IGNORECASE,
)
"""Words that logs, pages and JSON consist of. Stars in their place shred a text, and even tell the secret."""


def register(value: str, *, lasting: bool = True, holder: object = None) -> None:
    """From now on, replace `value` wherever it shows. White space around it does not count.

    A credential is `lasting`. Cookies and tokens, which the site gives out again and again, are not: beyond
    `PASSING_LIMIT` the oldest is forgotten, though not while its `holder` is there, as a cookie in its jar;
    and of those only what looks made by a machine is taken, not ``en-US`` or ``accepted``. What `unfit`
    objects to is not registered. Of ``Bearer abc...``, what follows the scheme counts also alone; so does a
    cookie without its quotes, and percent-decoded.
    """
    value = value.strip()
    if value in _known.lasting:
        return
    for part in {value, value.strip('"'), _SCHEME.sub("", value), unquote(value)}:
        if not unfit(part) and (lasting or is_token(part)):
            _known.add(part, lasting, holder)


_SCHEME = re.compile(r"^(basic|bearer|token|apikey|jwt)\s+", re.IGNORECASE)


def forget_all() -> None:
    """Forget every value; for tests."""
    _known.clear()


def unfit(value: str) -> str:
    """Say why `value` cannot be kept out of logs without shredding them; nothing where it can."""
    value = value.strip()
    if len(value) < SHORTEST:
        kind, why = f"of {len(value)} character{'s' * (len(value) != 1)}", "it turns up everywhere by chance"
    elif value.isdecimal() and len(value) < SHORTEST_NUMBER:
        kind, why = f"of {len(value)} digits", "they are full of such numbers"
    elif len(set(value)) == 1:
        kind, why = "of one character repeated", "it may be a ruled line"
    elif EVERYDAY.fullmatch(value):
        kind, why = "that is an everyday word", "they are full of those, and stars in its place would tell it"
    else:
        return ""
    return (
        f"A secret {kind} cannot be kept out of logs; {why}. Choose another one, or give it as a plain text "
        "instead of a Secret: then it is not looked for in logs."
    )


def is_token(value: str) -> bool:
    """Whether a machine made this up: long, or at least with both letters and digits."""
    mixed = any(map(str.isalpha, value)) and any(map(str.isdecimal, value))
    return len(value) >= (SHORTEST_TOKEN if mixed else SURE_TOKEN)


# Where it shows


def redact(text: str) -> str:
    """Return `text` without any registered value."""
    data = text.encode("utf-8", "surrogatepass")
    clean = redact_bytes(data)
    return text if clean is data else clean.decode("utf-8", "replace")


def redact_bytes(data: bytes) -> bytes:
    """Return `data` without any registered value; where there is none, `data` itself."""
    return _replaced(data, _known, lambda needle: MASK)


def replace_bytes(data: bytes, stand_ins: Mapping[str, str]) -> bytes:
    """Return `data` with what stands in for each of these values, however it is written.

    In base64 nothing can stand in, so there are stars.
    """
    known = _Known()
    for value in stand_ins:
        known.add(value, True)
    return _replaced(data, known, lambda needle: MASK if needle.is_base64 else stand_ins[needle.text])


def registered_in(data: bytes) -> list[str]:
    """Return the registered values that show in `data`, but for those in base64, the first one first."""
    found = sorted((start, needle.text) for start, _, needle in _known.find(data) if not needle.is_base64)
    return list(dict.fromkeys(text for _, text in found))


def _replaced(data: bytes, known: _Known, instead: Callable[[_Needle], str]) -> bytes:
    """Return `data` with something else instead of what is known; of what overlaps, the longer first one."""
    parts, done = list[bytes](), 0
    for start, end, needle in sorted(known.find(data), key=lambda found: (found[0], -found[1])):
        if start >= done:
            parts += data[done:start], instead(needle).encode()
        done = max(done, end)
    return b"".join([*parts, data[done:]]) if parts else data


class _Needle(NamedTuple):
    """A text to look for, each of its characters in any of its spellings."""

    text: str
    is_base64: bool

    def starts(self, data: bytes, end: int) -> set[int]:
        """Return where in `data` this begins if it ends at `end`: mostly nowhere."""
        rest = self.text[1:].encode("utf-8", "surrogatepass")
        if data.endswith(rest, 0, end) and (places := self._before(data, end - len(rest), self.text[0])):
            return places  # the short way, for a secret as it is
        return self._before(data, end, self.text)

    def _before(self, data: bytes, end: int, text: str) -> set[int]:
        """Return where in `data` this `text` begins if it ends at `end`."""
        places, spellings = {end}, self.spellings
        for char in reversed(text):
            places = {at - len(it) for at in places for it in spellings(char) if data.endswith(it, 0, at)}
            if not places:
                break
        return places

    def tails(self) -> set[bytes]:
        """Return the last `TAIL` bytes of every way to write this."""
        found, short = set[bytes](), {b""}
        for char in reversed(self.text):
            longer = {spelling + tail for spelling in self.spellings(char) for tail in short}
            found |= {tail[-TAIL:] for tail in longer if len(tail) >= TAIL}
            short = {tail for tail in longer if len(tail) < TAIL}
            if not short:
                break
        return found

    @property
    def spellings(self) -> Callable[[str], frozenset[bytes]]:
        return _base64_spellings if self.is_base64 else _spellings


TAIL = 4


def _nobody() -> None:
    """Be the holder of what nobody holds, as a weak reference is that of what is gone."""


class _Known:
    """The registered values, and the table of their tails. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a signal may come, and log, while it is held
        self.clear()

    def clear(self) -> None:
        with self._lock:
            self.lasting, self._passing = set[str](), dict[str, Callable[[], object]]()
            self._waiting = dict[str, None]()
            self._table = dict[int, tuple[_Needle, ...]]()

    def add(self, value: str, lasting: bool, holder: object = None) -> None:
        with self._lock:
            is_new = value not in self.lasting and value not in self._passing
            held_by = self._passing.pop(value, _nobody)
            if lasting:
                self.lasting.add(value)
            elif value not in self.lasting:
                self._passing[value] = held_by if holder is None else weakref.ref(holder)
            if is_new:
                self._waiting[value] = None
            if len(self._passing) > PASSING_LIMIT:
                self._drop(self._oldest())

    def _oldest(self) -> str:
        """Return what has passed the longest of what nobody holds; of all, where each is held."""
        free = (value for value, held_by in self._passing.items() if held_by() is None)
        return next(free, next(iter(self._passing)))

    def _drop(self, value: str) -> None:
        del self._passing[value]
        if value in self._waiting:
            del self._waiting[value]
            return
        for key, needle in _entries(value):
            left = list(self._table[key])
            left.remove(needle)
            self._table[key] = tuple(left)
            if not left:
                del self._table[key]

    def find(self, data: bytes) -> Iterator[tuple[int, int, _Needle]]:
        """Yield the start and the end of whatever is to be replaced, and what it is."""
        if self._waiting:
            self._catch_up()
        if not self._table:
            return
        for key in self._keys_in(data):
            ends = list(_ends(data, key.to_bytes(TAIL, sys.byteorder)))
            for needle in self._table.get(key, ()):
                for end in ends:
                    for start in needle.starts(data, end):
                        place = _widen(data, start, end) if needle.is_base64 else (start, end)
                        yield *place, needle

    def _catch_up(self) -> None:
        """Put into the table what was registered since; not before, as most cookies are never looked for."""
        with self._lock:
            for value in self._waiting:
                for key, needle in _entries(value):
                    self._table[key] = (*self._table.get(key, ()), needle)
            self._waiting.clear()

    def _keys_in(self, data: bytes) -> set[int]:
        """Return the keys of the table that are in `data`, at whatever place."""
        keys, view = set[int](), memoryview(data)
        for offset in range(min(TAIL, len(data) - TAIL + 1)):
            end = offset + (len(data) - offset) // TAIL * TAIL
            keys |= self._table.keys() & view[offset:end].cast("I")
        return keys


_known = _Known()


def _ends(data: bytes, tail: bytes) -> Iterator[int]:
    """Yield where `tail` ends in `data`."""
    at = data.find(tail)
    while at >= 0:
        yield at + len(tail)
        at = data.find(tail, at + 1)


def _entries(value: str) -> list[tuple[int, _Needle]]:
    """Return what stands in the table for `value`: tails as numbers, and what may end there."""
    needles = {_Needle(value, False), *(_Needle(part, True) for part in _base64_parts(value))}
    return [(int.from_bytes(tail, sys.byteorder), needle) for needle in needles for tail in needle.tails()]


# How it is written


@lru_cache(maxsize=4096)
def _spellings(char: str) -> frozenset[bytes]:
    """Return the ways to write a character, apart from those no program uses for letters and digits."""
    data = set(_encodings(char))
    percent = {"".join(f"%{byte:02X}" for byte in it) for it in data}
    texts = {char, *percent, *map(str.lower, percent)}
    if not (char.isascii() and char.isalnum()):
        texts |= {"+"} if char == " " else set()
        texts |= {"\\" + char, repr(char)[1:-1], *(repr(it)[2:-1] for it in data)}
        texts |= {*_json_spellings(char), *_html_spellings(char)}
    return frozenset(data | {text.encode("utf-8", "surrogatepass") for text in texts})


def _encodings(text: str) -> Iterator[bytes]:
    """Yield `text` as bytes: in UTF-8, in Latin-1 (requests' Basic), and as the environment had it."""
    for codec, errors in (("utf-8", "surrogatepass"), ("latin-1", "strict"), ("utf-8", "surrogateescape")):
        with contextlib.suppress(UnicodeEncodeError):
            yield text.encode(codec, errors)


def _json_spellings(char: str) -> Iterator[str]:
    yield json.dumps(char)[1:-1]
    digits = char.encode("utf-16-be", "surrogatepass").hex()
    for code in (digits, digits.upper()):
        yield "".join(f"\\u{code[at : at + 4]}" for at in range(0, len(code), 4))
    if ord(char) < 256:
        yield from (f"\\x{ord(char):02x}", f"\\x{ord(char):02X}")


def _html_spellings(char: str) -> Iterator[str]:
    number = ord(char)
    yield from (f"&#{number};", f"&#{number:03};", f"&#x{number:x};", f"&#x{number:X};", f"&#X{number:X};")
    name = "apos" if char == "'" else html.entities.codepoint2name.get(number)
    if name:
        yield f"&{name};"


@cache
def _base64_spellings(char: str) -> frozenset[bytes]:
    """Return the ways to write a character of base64, also of its alphabet for URLs, escaped or not."""
    other = {"+": b"-", "/": b"_"}.get(char)
    return _spellings(char) | {other} if other else frozenset({char.encode()})


def _base64_parts(value: str) -> Iterator[str]:
    """Yield what a longer text with `value` in it has in common in base64, for each of three alignments."""
    for data in set(_encodings(value)):
        for before in range(3):
            text = b64encode(bytes(before) + data).decode()
            yield text[(before * 8 + 5) // 6 : (before + len(data)) * 8 // 6]


_BASE64_LEFT, _BASE64_RIGHT = re.compile(rb"[\w+/-]\Z"), re.compile(rb"[\w+/-]?=*")


def _widen(data: bytes, start: int, end: int) -> tuple[int, int]:
    """Take in the characters on both sides of base64 that hold a few bits more of the secret."""
    left = bool(_BASE64_LEFT.search(data[max(0, start - 1) : start]))
    right = _BASE64_RIGHT.match(data, end)
    return start - left, right.end() if right else end
