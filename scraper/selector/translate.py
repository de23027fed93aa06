"""CSS as XPath: what has been read is written down for libxml2, with the meaning it has for soupsieve.

Elements are looked for from the right, as soupsieve and browsers do: ``h3 > a`` is an ``a`` whose parent is
an ``h3``. So ancestors outside the searched element count, each match comes once, in the order of the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias, TypeGuard

from scraper.selector.attributes import Untranslatable, attribute_test, literal
from scraper.selector.plain import Compound

if TYPE_CHECKING:
    from soupsieve import css_types as ct

    Selector: TypeAlias = ct.Selector | Compound

_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_AXES = {
    " ": "ancestor::",
    ">": "parent::",
    "~": "preceding-sibling::",
    "+": "preceding-sibling::*[1]/self::",
    ": ": "descendant::",
    ":>": "child::",
    ":~": "following-sibling::",
    ":+": "following-sibling::*[1]/self::",
}
_NOT_IN_TEMPLATE = {": ": ("not(ancestor::template)",), ":>": ("not(parent::template)",)}
_MOST = 10**6


def paths(
    selectors: Iterable[Selector | ct.SelectorNull], *, first: bool = False, having: str = ""
) -> Iterator[str]:
    """Yield an XPath expression for each selector of a list; their union is what the list matches.

    With `first`, each needs to find its first match only; `having` is a further condition. An expression is
    true to an element and all below it, and binds ``$scope`` to the element where the list has ``:scope``.
    Raises `Untranslatable` for what XPath cannot say, or not cheaply.
    """
    more = [*([having] if having else []), "not(ancestor::template)"]
    for selector in selectors:
        if _is_any(selector):
            below = _path_below_scope(selector)
            yield _path(selector, more, first=first) if below is None else f"{below}{_all_of(more)}"


def _is_any(selector: Selector | ct.SelectorNull | None) -> TypeGuard[Selector]:
    """Whether there is a selector, and one that may match something: that in ``:is()`` matches nothing."""
    return hasattr(selector, "tag")


def _path(selector: Selector, more: list[str], *, first: bool) -> str:
    """Return the path to the elements that `selector` matches.

    libxml2 ends the search with the first match where there is one condition besides the position. Where all
    are wanted, it had better look for attributes, which are few, than ask every element for them.
    """
    name, tests = _name(selector), _all_of([*_own_tests(selector), *_relations(selector), *more])
    if name == "*" and selector.ids:
        return f"descendant-or-self::*/@id[. = {literal(selector.ids[0])}]/parent::*{tests}"
    if name == "*" and selector.classes and not first:
        return f"descendant-or-self::*/@class[contains(., {literal(selector.classes[0])})]/parent::*{tests}"
    return f"descendant-or-self::{name}{tests}{'[1]' if first else ''}"


def _path_below_scope(selector: Selector) -> str | None:
    """Return the path of ``:scope > a > b`` step by step; ``None`` where it does not begin at the scope."""
    left = _left(selector)
    if left is None or left.rel_type not in (" ", ">"):
        return None
    axis = "child::" if left.rel_type == ">" else "descendant::"
    before = "" if _is_mere_scope(left) else _path_below_scope(left)
    if before is None:
        return None
    return f"{before and before + '/'}{axis}{_name(selector)}{_all_of(_own_tests(selector))}"


def _left(selector: Selector) -> Selector | None:
    left = selector.relation[0] if selector.relation else None
    return left if _is_any(left) else None


def _is_mere_scope(selector: Selector) -> bool:
    if not selector.flags:
        return False
    from soupsieve import css_types as ct

    parts = (*selector.ids, *selector.classes, *selector.attributes, *selector.nth, *selector.selectors)
    more = (*parts, *selector.contains, *selector.lang, *selector.relation)
    return selector.flags == ct.SEL_SCOPE and not more and _name(selector) == "*"


def _condition(selectors: ct.SelectorList) -> str:
    """Return the XPath condition that is true for the elements that a list matches."""
    tests = [_test(selector) for selector in selectors if _is_any(selector)]
    any_of = " or ".join(tests) if tests else "false()"
    return f"not({any_of})" if selectors.is_not else f"({any_of})"


def _test(selector: Selector) -> str:
    name = _name(selector)
    tests = [*([] if name == "*" else [f"self::{name}"]), *_own_tests(selector), *_relations(selector)]
    return " and ".join(tests) if tests else "true()"


def _name(selector: Selector) -> str:
    """Return the element's name; ``*`` for any."""
    tag = selector.tag
    if tag is None or (tag.name == "*" and tag.prefix in (None, "*", "html")):
        return "*"
    name = tag.name.lower()
    if tag.prefix not in (None, "*", "html") or not _NAME.fullmatch(name):
        raise Untranslatable
    return name


def _own_tests(selector: Selector) -> Iterator[str]:
    """Yield conditions for all that a compound says of the element itself, the cheap ones first."""
    if selector.lang:
        raise Untranslatable
    name = _name(selector)
    for id in selector.ids:
        yield f"@id = {literal(id)}"
    for word in selector.classes:
        yield f"@class[contains(., {literal(word)})]"
        yield f"contains(concat(' ', normalize-space(@class), ' '), {literal(f' {word} ')})"
    for attribute in selector.attributes:
        yield attribute_test(attribute, name)
    if selector.flags:
        yield from _flag_tests(selector.flags)
    for nth in selector.nth:
        yield from _nth(nth, name)
    for inner in selector.selectors:
        yield _condition(inner)
    for contains in selector.contains:
        yield _contains(contains)


def _flag_tests(flags: int) -> Iterator[str]:
    from soupsieve import css_types as ct

    if flags & ~(ct.SEL_SCOPE | ct.SEL_ROOT | ct.SEL_EMPTY):
        raise Untranslatable
    if flags & ct.SEL_SCOPE:
        yield "count(. | $scope) = 1"
    if flags & ct.SEL_ROOT:
        yield "not(parent::*)"
    if flags & ct.SEL_EMPTY:
        yield "(self::template or not(*) and not(normalize-space()))"


def _relations(selector: Selector) -> Iterator[str]:
    """Yield the condition that a related element is there: to the left, or below in ``:has()``."""
    if not selector.relation:
        return
    related = selector.relation[0]
    if not _is_any(related):
        yield "false()"
        return
    kind = related.rel_type or ""
    tests = [*_own_tests(related), *_relations(related), *_NOT_IN_TEMPLATE.get(kind, ())]
    yield f"{_AXES[kind]}{_name(related)}{_all_of(tests)}[1]"


def _contains(contains: ct.SelectorContains) -> str:
    texts = map(literal, contains.text)
    if contains.own:
        any_of = " or ".join(f"text()[contains(., {text})]" for text in texts)
        return f"not(self::template) and ({any_of})"
    return "(" + " or ".join(f"contains(string(), {text})" for text in texts) + ")"


def _nth(nth: ct.SelectorNth, name: str) -> Iterator[str]:
    """Yield conditions for a place ``an+b`` among siblings."""
    is_of_some = nth.selectors and not _is_anything(nth.selectors)
    if max(abs(nth.a), abs(nth.b)) > _MOST or (nth.of_type and name == "*") or is_of_some:
        raise Untranslatable
    siblings = f"{'following' if nth.last else 'preceding'}-sibling::{name if nth.of_type else '*'}"
    yield from _place(siblings, nth.a, nth.b)


def _is_anything(selectors: ct.SelectorList) -> bool:
    return _condition(selectors) == "(true())"


def _place(siblings: str, a: int, b: int) -> Iterator[str]:
    """Yield conditions for how many `siblings` there are; few are looked at where few will do."""
    if a in (0, 1) and b > 1:
        yield f"{siblings}[{b - 1}]"
    if a in (0, -1):
        yield f"not({siblings}[{b}])" if b > 0 else "false()"
    if abs(a) > 1:
        place = f"(count({siblings}) + 1)"
        yield f"{place} >= {b}" if a > 0 else f"{place} <= {b}"
        yield f"({place} - {b}) mod {abs(a)} = 0"


def _all_of(tests: Iterable[str]) -> str:
    """Return the predicate that all `tests` hold; none where there are none."""
    together = " and ".join(tests)
    return f"[{together}]" if together else ""
