"""`Selector`: where on a page a value stands, and how it is cut out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import Any

from lxml import etree

from scraper.selector.css import compile_css
from scraper.selector.place import Place
from scraper.selector.text import absolute, attribute, pieces_of, raw_text_of, squeeze
from scraper.selector.xpath import Element, compile_xpath

_READS_ATTRIBUTE = re.compile(r"::attr\(|@[\w:.-]+\s*$", re.IGNORECASE)


@dataclass(frozen=True, repr=False)
class Selector(Place):
    """Where a value stands on a page, and how it is cut out; what `css` and `xpath` put into a field."""

    language: str
    query: str
    _: KW_ONLY
    attr: str | None = None
    sep: str | None = None
    raw: bool = False
    name: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.find  # noqa: B018 - what does not compile is found where it is written

    @cached_property
    def find(self) -> Callable[[Element], Any]:
        """The compiled query."""
        return compile_css(self.query) if self.language == "css" else compile_xpath(self.query)

    @cached_property
    def _find_first(self) -> Callable[[Element], Any]:
        """The compiled query for the first match alone, which spares an object for each of the others."""
        return compile_css(self.query, first=True) if self.language == "css" else self._find_all

    def _find_all(self, element: Element) -> list[Any]:
        found = self.find(element)
        return found if isinstance(found, list) else [found]

    @property
    def reads_text(self) -> bool:
        """Whether the value is what a reader sees, rather than what stands in an attribute."""
        return self.attr is None and not _READS_ATTRIBUTE.search(self.query)

    def values(self, node: Any, base_url: str) -> Iterator[Any]:
        """Yield the value of every match below an element; addresses come absolute."""
        for match in self._find_all(node) if isinstance(node, etree._Element) else ():
            text = self._text(match, base_url)
            if text is not None and (value := self.cut(text)) is not None:
                yield value

    def first(self, node: Any, base_url: str) -> Any:
        """Return the first of `values`, ``None`` where there is none."""
        if not isinstance(node, etree._Element):
            return None
        for match in self._find_first(node):
            text = self._text(match, base_url)
            if text is not None and (value := self.cut(text) if self._is_cut else text) is not None:
                return value
            return next(self.values(node, base_url), None)
        return None

    @cached_property
    def _is_cut(self) -> bool:
        return self.pattern is not None or bool(self.steps)

    def elements(self, node: Any) -> list[Any]:
        """Return the matching elements below an element."""
        if not isinstance(node, etree._Element):
            return []
        return [match for match in self._find_all(node) if isinstance(match, etree._Element)]

    def _text(self, match: Any, base_url: str) -> str | None:
        if not isinstance(match, etree._Element):
            return self._text_of_string(match, base_url)
        if self.attr is not None:
            return match.get(self.attr) if self.raw else attribute(match, self.attr, base_url)
        if self.sep is not None:
            return self.sep.join(pieces_of(match))
        text = raw_text_of(match)
        return text if self.raw else squeeze(text)

    def _text_of_string(self, match: Any, base_url: str) -> str:
        if self.raw:
            return str(match)
        name = getattr(match, "attrname", None)
        return absolute(name, str(match), base_url) if name else squeeze(str(match))

    def __repr__(self) -> str:
        if self.name is not None:
            return f"meta({self.name!r})"
        options = "".join(f", {name}={value!r}" for name in ("attr", "re") if (value := getattr(self, name)))
        return f"{self.language}({self.query!r}{options})"
