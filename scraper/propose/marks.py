"""`member_mark`: a selector for what only members see, by the way out that their pages have."""

from __future__ import annotations

from collections.abc import Iterator

from scraper.avoid import is_sign_out, why_avoid
from scraper.propose.queries import classes, identifier
from scraper.request import is_http, join
from scraper.response import Response
from scraper.selector import Element, compile_css, compile_xpath

_ways = compile_xpath("//a[@href] | //form | //button")


def member_mark(page: Response, strangers: list[Response]) -> str:
    """Return a selector that matches on a member's `page` and on none of `strangers`; empty for none."""
    for element in _ways(page.tree) if page.is_html else ():
        if _signs_out(element, page):
            for query in _queries(element):
                if not any(other.is_html and compile_css(query)(other.tree) for other in strangers):
                    return query
    return ""


def _signs_out(element: Element, page: Response) -> bool:
    url = join(page.base_url, element.get("href") or element.get("action") or "")
    reason = why_avoid(element, url if is_http(url) else page.url)
    return reason is not None and is_sign_out(reason)


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
