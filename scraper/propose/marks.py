"""`member_mark`: a selector for what only members see, by the way out that their pages have."""

from __future__ import annotations

from collections.abc import Iterator

from scraper.propose.queries import classes, identifier
from scraper.response import Response
from scraper.selector import Element, compile_css


def member_mark(page: Response, strangers: list[Response]) -> str:
    """Return a selector that matches on a member's `page` and on none of `strangers`; empty for none."""
    for element, _ in page.exits:
        for query in _queries(element):
            if not any(other.is_html and compile_css(query)(other.tree) for other in strangers):
                return query
    return ""


def _queries(element: Element) -> Iterator[str]:
    tag = str(element.tag)
    if name := identifier(element):
        yield f"#{name}"
    yield from (f"{tag}.{name}" for name in classes(element) if "out" in name or "off" in name)
    for attribute in ("href", "action"):
        value = element.get(attribute, "").partition("?")[0]
        if value and '"' not in value and "\\" not in value:
            yield (
                f'{tag}[{attribute}="{value}"]'
                if value == element.get(attribute)
                else f'{tag}[{attribute}^="{value}"]'
            )
