"""`JsonSelector`: where a value stands in a JSON answer, or in the JSON that a page carries in a script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from lxml import etree

from scraper.errors import SelectorError
from scraper.selector.css import compile_css
from scraper.selector.place import Place
from scraper.selector.script import documents_in
from scraper.selector.text import raw_text_of, squeeze
from scraper.selector.xpath import Element


@dataclass(frozen=True, repr=False)
class JsonSelector(Place):
    """Where a value stands in JSON: a JMESPath expression; what `json_path` puts into a field.

    With `script`, a CSS selector, the JSON is what the first matching ``<script>`` that has it holds.
    """

    query: str
    _: KW_ONLY
    script: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._compiled  # noqa: B018 - what does not compile is found where it is written
        if self.script is not None:
            compile_css(self.script)

    @cached_property
    def _compiled(self) -> Any:
        try:
            return jmespath.compile(self.query)
        except (JMESPathError, TypeError) as error:
            raise SelectorError(f"{self.query!r} is no JMESPath expression: {squeeze(str(error))}.") from None

    def search(self, node: Any) -> Any:
        """Return what the expression finds in JSON, or in the scripts of an element; ``None`` is nothing."""
        for document in self._scripts(node) if isinstance(node, etree._Element) else (node,):
            try:
                found = self._compiled.search(document)
            except JMESPathError:
                continue
            if found is not None:
                return found
        return None

    def _scripts(self, element: Element) -> Iterator[Any]:
        for script in compile_css(self.script)(element) if self.script is not None else ():
            yield from documents_in(raw_text_of(script))

    def first(self, node: Any, base_url: str) -> Any:
        """Return what is found, whatever its type."""
        found = self.search(node)
        return None if found is None else self.cut(found)

    def values(self, node: Any, base_url: str) -> Iterator[Any]:
        """Yield the elements of the list that is found, or what is found instead of a list."""
        for found in self.elements(node):
            if (value := self.cut(found)) is not None:
                yield value

    def elements(self, node: Any) -> list[Any]:
        """Return the list that is found, without its nulls, or what is found instead as the one element."""
        found = self.search(node)
        return [value for value in (found if isinstance(found, list) else [found]) if value is not None]

    def __repr__(self) -> str:
        script = "" if self.script is None else f", script={self.script!r}"
        return f"json_path({self.query!r}{script})"
