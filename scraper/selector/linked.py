"""`LinkedSelector`: where a value stands in the JSON-LD of a page (schema.org), as search engines read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass
from typing import Any

from lxml import etree

from scraper.selector.css import compile_css
from scraper.selector.place import Place
from scraper.selector.script import documents_in
from scraper.selector.text import raw_text_of

_SCRIPTS = 'script[type^="application/ld+json"]'


@dataclass(frozen=True, repr=False)
class LinkedSelector(Place):
    """Where a value stands in JSON-LD: names from an object inwards; what `json_ld` puts into a field.

    `type` is the ``@type`` of the object to begin with, anywhere on the page.
    """

    query: str
    _: KW_ONLY
    type: str | None = None

    def values(self, node: Any, base_url: str) -> Iterator[Any]:
        """Yield every value found, through lists on the way, in the order of the page."""
        for found in self.elements(node):
            value = found.get("@value") if isinstance(found, dict) and "@value" in found else found
            if (value := self.cut(value)) is not None:
                yield value

    def elements(self, node: Any) -> list[Any]:
        """Return every value found."""
        names = self.query.split(".")
        return [value for thing in self._things(node) for value in _inside(thing, names)]

    def _things(self, node: Any) -> Iterator[Any]:
        if not isinstance(node, etree._Element):
            yield node
            return
        for script in compile_css(_SCRIPTS)(node):
            for document in documents_in(raw_text_of(script)):
                yield from (thing for thing in _objects(document) if self._is_meant(thing))

    def _is_meant(self, thing: dict[str, Any]) -> bool:
        types = thing.get("@type")
        names = types if isinstance(types, list) else [types]
        return self.type is None or any(str(name).rpartition("/")[2] == self.type for name in names)

    def __repr__(self) -> str:
        return f"json_ld({self.query!r}{'' if self.type is None else f', type={self.type!r}'})"


def _objects(document: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in `document`, the outer before the inner."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        waiting.extend(reversed([part for part in inner if isinstance(part, dict | list)]))


def _inside(value: Any, names: list[str]) -> Iterator[Any]:
    """Yield what stands under `names` in `value`, and in each part where that is a list."""
    if isinstance(value, list):
        for part in value:
            yield from _inside(part, names)
    elif not names:
        if value is not None:
            yield value
    elif isinstance(value, dict) and names[0] in value:
        yield from _inside(value[names[0]], names[1:])
