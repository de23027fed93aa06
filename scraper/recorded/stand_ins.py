"""What stands in for the secrets of a page: one value for each, so that what belonged together still does."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from urllib.parse import unquote_plus

from scraper.forms import input_type
from scraper.login.tokens import members
from scraper.redact import is_token, looks_secret, redact_bytes, registered_in, replace_bytes, unfit
from scraper.response import Response
from scraper.selector import Element

LONGEST = 64
"""Characters of a value that stands in at most; otherwise it is as long as the secret."""

_QUOTED = re.compile(
    r"""([\w-]{2,40})\\?["']?\s*[:=]\s*\\?(["'])([\w+/=.~:|-]{8,4096})\\?\2""",
)
"""A value by its name, as in an attribute, in JSON (also within a string), and in a script."""

_PARAMETER = re.compile(r"""[?&;]([\w.-]{2,40})=([\w+/=.~%-]{8,4096})""")
_HEX = re.compile(r"[0-9a-f-]{20,}|[0-9A-F-]{20,}")
_BASE64 = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[\w+/=.~:-]{20,}")


class StandIns:
    """The secrets of one page, and what is written in their place: ``csrf-1``, as long as the secret was.

    Secrets are those that are known (credentials, cookies), what fields, ``<meta>``, attributes, JSON and
    parameters of addresses hold under names that look secret, and what hidden fields hold that a machine made
    up.
    """

    def __init__(self, page: Response, content: bytes) -> None:
        self.values: dict[str, str] = {}
        self._counts = Counter[str]()
        for name, value in _secrets(page):
            self._add(name, value)
        for value in registered_in(content):
            self._add("secret", value)

    def _add(self, name: str, value: str) -> None:
        if value in self.values or unfit(value):
            return
        label = _label(name)
        self._counts[label] += 1
        stand_in = f"{label}-{self._counts[label]}"
        missing = min(len(value), LONGEST) - len(stand_in) - 1
        self.values[value] = f"{stand_in}-{'x' * missing}" if missing > 0 else stand_in

    def put(self, content: bytes) -> bytes:
        """Return a body, or an address, with what stands in for its secrets."""
        return redact_bytes(replace_bytes(content, self.values))


def _label(name: str) -> str:
    """Return a short word for a secret that goes by this name."""
    word = re.sub(r"[\W_]+", "-", name.lower(), flags=re.ASCII).strip("-")[:20].strip("-") or "secret"
    return "csrf" if "csrf" in word or "xsrf" in word else word


def _secrets(page: Response) -> Iterator[tuple[str, str]]:
    """Yield the name and the value of what looks secret on a page, and in its address."""
    yield from _parameters(page.url)
    if page.is_html:
        yield from _held(page)
    else:
        yield from ((name, text) for name, text in members(page) if looks_secret(name) and is_token(text))
    if page.is_markup or b'"' in page.content[:4096]:
        text = unescape(page.text) if page.is_markup else page.text
        for match in _QUOTED.finditer(text):
            if looks_secret(match[1]) and _is_made_up(match[3]):
                yield match[1], match[3]
        yield from _parameters(text)


def _parameters(text: str) -> Iterator[tuple[str, str]]:
    for name, value in _PARAMETER.findall(text):
        if looks_secret(name) and _is_made_up(value):
            yield name, unquote_plus(value)


def _held(page: Response) -> Iterator[tuple[str, str]]:
    """Yield what fields and ``<meta>`` hold."""
    for element in page.tree.iter("input", "button", "textarea", "meta"):
        name = element.get("name") or element.get("property") or element.get("id") or "field"
        value = element.get("content" if element.tag == "meta" else "value") or element.text or ""
        if _is_held_secret(element, name, value):
            yield name, value


def _is_held_secret(element: Element, name: str, value: str) -> bool:
    kind = input_type(element)
    if kind == "password":
        return True
    if looks_secret(name) and _is_made_up(value):
        return True
    return kind == "hidden" and bool(_HEX.fullmatch(value) or _BASE64.fullmatch(value))


def _is_made_up(value: str) -> bool:
    """Whether a machine made this up, and it is no word such as ``authenticity_token``."""
    return len(value) >= 8 and any(map(str.isdecimal, value)) and any(map(str.isalpha, value))
