"""`Reject`: why a row of a page gave no item, with where it was looked for and what stands there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from json import JSONEncoder
from typing import Any

from lxml import etree

from scraper.redact import MASK, looks_secret, redact_json, redact_url
from scraper.selector import squeeze

MOST = 200
"""Characters of an excerpt at most."""

PART = 10_000
"""So many characters of one text of a page are looked at for an excerpt."""

_SPACE = re.compile(r"\s+")
_encode = JSONEncoder(ensure_ascii=False, default=str).iterencode


@dataclass(frozen=True, slots=True)
class Reject:
    """Why row `n` of a page (0 is the first) did not become an item: one field, one sentence.

    `selector` is where the value was looked for, `url` on which page, and `excerpt` what stands there: the
    beginning of the HTML or JSON of the match, or of the row where nothing matched, at most 200 characters.
    """

    n: int
    type: str
    field: str
    message: str
    selector: str = ""
    url: str = ""
    excerpt: str = ""

    def __str__(self) -> str:
        return f"{self.type}.{self.field}: {self.message}"


def excerpt_of(node: Any) -> str:
    """Return the beginning of the HTML of an element, or of a value as JSON, white space collapsed."""
    parts: list[str] = []
    length = 0
    for part in _html(node) if isinstance(node, etree._Element) else _encode(node):
        parts.append(_SPACE.sub(" ", part[:PART]))
        length += len(parts[-1])
        if length > 2 * MOST:
            break
    text = squeeze("".join(parts)).encode("utf-8", "surrogatepass")
    shown = redact_json(text).decode("utf-8", "replace")
    return shown if len(shown) <= MOST else f"{shown[: MOST - 3]}..."


def _html(element: Any) -> Iterator[str]:
    """Yield the HTML of an element piece by piece, without what its fields hold."""
    for event, node in etree.iterwalk(element, events=("start", "end")):
        if event == "start":
            attributes = (f' {name}="{escape(value)}"' for name, value in _shown_attributes(node))
            yield f"<{node.tag}{''.join(attributes)}>"
            yield escape("" if node.tag == "textarea" else node.text or "", quote=False)
        else:
            yield f"</{node.tag}>"
            yield escape(node.tail or "", quote=False) if node is not element else ""


def _shown_attributes(node: Any) -> Iterator[tuple[str, str]]:
    is_field = node.tag in ("input", "button", "option")
    for name, value in node.items():
        if not (is_field and name == "value"):
            yield name, MASK if looks_secret(name) else redact_url(value)
