"""`nexts_of`: the selectors that may lead from one page of a list to the next, the surest first."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scraper.propose.queries import classes, own
from scraper.selector import Element, compile_css, compile_xpath, squeeze, text_of

_links = compile_xpath("//a[@href]")
_NEXT = re.compile(
    r"next( page)?|older( posts| entries)?|more( results)?|load more|show more|weiter|n[äa]chste( seite)?|"
    r"ältere.*|mehr( laden)?|suivante?s?|page suivante|siguientes?|p[áa]gina siguiente|pr[óo]xim[ao]|"
    r"successiv[ao]|avanti|volgende|n[äa]sta|n[æe]ste|seuraava|nast[ęe]pn[ay]|dalej|dal[šs][íi]|следующая|дальше|далее|"
    r"наступна|sonraki|"
    r"下一页|下一頁|次へ|次の.*|다음|التالي|›|»|→|>|>>",
    re.IGNORECASE,
)
_NEXT_CLASS = re.compile(r"(^|[-_])next([-_]|$)|nextpage", re.IGNORECASE)
_CURRENT = re.compile(r"(^|[-_])(current|active|selected|this)([-_]|$)", re.IGNORECASE)
_ENDS = re.compile(r"\W*(.*?)\W*")


def nexts_of(tree: Element) -> Iterator[str]:
    """Yield selectors of the links to the next page."""
    links = list(_links(tree))
    for link in links:
        if "next" in link.get("rel", "").lower().split():
            yield from _named(link, tree, "a[rel~=next]")
    for link in links:
        if _says_next(link):
            yield from _named(link, tree, "")
    yield from _numbered(tree)


def _says_next(link: Element) -> bool:
    words = [text_of(link), link.get("aria-label", ""), link.get("title", "")]
    parent = link.getparent()
    named = [*link.get("class", "").split(), *(parent.get("class", "").split() if parent is not None else ())]
    return any(_NEXT.fullmatch(_bare(text)) for text in words if text) or any(map(_names_next, named))


def _names_next(name: str) -> bool:
    return bool(_NEXT_CLASS.search(name))


def _bare(text: str) -> str:
    """Return a label without what stands around its words."""
    text = squeeze(text)
    match = _ENDS.fullmatch(text)
    return match[1] if match and match[1] else text


def _named(link: Element, tree: Element, fallback: str) -> Iterator[str]:
    """Yield selectors that match this link and no other."""
    parent = link.getparent()
    around = [] if parent is None else [name for name in parent.get("class", "").split() if _names_next(name)]
    queries = [f"{parent.tag}.{name} a" for name in around if parent is not None]
    queries += [f"a.{name}" for name in link.get("class", "").split() if _names_next(name)] + [fallback]
    queries += [f'a[aria-label="{link.get("aria-label")}"]'] if link.get("aria-label") else []
    queries += [f'a:-soup-contains("{text_of(link)}")'] if text_of(link) else []
    for query in filter(None, queries):
        if _matches_only(query, link, tree):
            yield query


def _matches_only(query: str, link: Element, tree: Element) -> bool:
    """Whether a selector matches a link, and others only to the same address: a pager may stand twice."""
    try:
        found = compile_css(query)(tree)
    except Exception:  # what a page calls its links need not fit into a selector
        return False
    return link in found and {one.get("href") for one in found} == {link.get("href")}


def _numbered(tree: Element) -> Iterator[str]:
    """Yield selectors of the link to the number behind the one that is shown, as in ``1 2 3``."""
    for link in _links(tree):
        if text_of(link).isdecimal() and (here := _before(link)) is not None:
            yield from _behind(here, link, tree)


def _before(link: Element) -> Element | None:
    """Return the element that shows the current page, right before a link to the next number."""
    for element in (link, link.getparent()):
        previous = element.getprevious() if element is not None else None
        if previous is not None and text_of(previous).isdecimal():
            is_next = int(text_of(previous)) + 1 == int(text_of(link))
            return previous if is_next and _is_current(previous) else None
    return None


def _is_current(element: Element) -> bool:
    has_link = element.tag == "a" or next(element.iterdescendants("a"), None) is not None
    names = [
        *element.get("class", "").split(),
        *(name for one in element for name in one.get("class", "").split()),
    ]
    is_said = any(map(_CURRENT.search, names)) or bool(element.xpath("descendant-or-self::*[@aria-current]"))
    return is_said or not has_link


def _behind(here: Element, link: Element, tree: Element) -> Iterator[str]:
    container = here.getparent()
    beside = link if link.getparent() is container else link.getparent()
    if container is None or beside is None:
        return
    owns = [f"{here.tag}.{name}" for name in here.get("class", "").split() if _CURRENT.search(name)]
    owns = [f".{one.partition('.')[2]}" for one in owns] or [str(here.tag)]
    ending = str(beside.tag) + _not(beside, container) + ("" if beside is link else " a")
    for outer in (*own(container), ""):
        for current in owns:
            query = f"{outer} {current} + {ending}".strip()
            if _matches_only(query, link, tree):
                yield query


def _not(beside: Element, container: Element) -> str:
    """Return what keeps links without a number out, such as "Show all", which may stand in the same place."""
    others = [one for one in container.iterchildren(str(beside.tag)) if not text_of(one).isdecimal()]
    names = dict.fromkeys(name for one in others for name in classes(one)[:1])
    kept = set(beside.get("class", "").split())
    return "".join(f":not(.{name})" for name in names if name not in kept and not _CURRENT.search(name))
