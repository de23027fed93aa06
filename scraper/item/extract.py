"""`extract`: the items of a page, and of each row that gives none the reasons."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pydantic
from lxml import etree

from scraper.item.declare import is_shown, place_of
from scraper.item.hits import ROWS, Hits
from scraper.item.plan import Field, Loc, Plan, Within, plan_of
from scraper.item.reject import Reject, excerpt_of
from scraper.redact import redact_url
from scraper.selector import JsonSelector, Place

SHOWN = 80
"""So many characters of a value a message shows at most."""


def extract(
    cls: Any, page: Any, base_url: str, rows: Any = None, *, url: str = "", hits: Hits | None = None
) -> Iterator[Any | list[Reject]]:
    """Yield, for every row of `page`, an item of `cls`, or the reasons why there is none.

    `page` is an element, or JSON; `rows` stands in for the class's own; `url` is told in rejects. `hits`
    counts which fields were found.
    """
    plan = plan_of(cls)
    hits = hits if hits is not None else Hits()
    place = _rows_of(cls, rows)
    nodes = [page] if place is None else place.elements(page)
    if place is not None:
        hits.add_rows(plan, place, len(nodes))
        empty = getattr(cls, "__empty__", None)
        if not nodes and empty is not None and not _shows(empty, page):
            yield [_no_rows(plan, place, empty, url, page)]
    for n, node in enumerate(nodes):
        within = Within(hits.of(plan), [])
        taken = plan.take(node, base_url, within)
        try:
            item = plan.build(taken)
        except pydantic.ValidationError as error:
            yield _Rejects(plan, n, node, url).of(within, error)
        else:
            yield _Rejects(plan, n, node, url).of(within, None) if within.flaws else item


def reads_json(cls: Any, rows: Any = None) -> bool:
    """Whether items of `cls` are taken from JSON answers rather than from pages."""
    place = _rows_of(cls, rows)
    places = [place] if place is not None else [field.place for field in plan_of(cls).fields]
    return any(isinstance(place, JsonSelector) and place.script is None for place in places)


def _rows_of(cls: Any, rows: Any) -> Place | None:
    return getattr(cls, "__rows__", None) if rows is None else _place_of_rows(rows)


@cache
def _place_of_rows(rows: Any) -> Place:
    return place_of(rows)


def _shows(mark: Place, page: Any) -> bool:
    return any(map(is_shown, mark.elements(page)))


def _no_rows(plan: Plan, rows: Place, empty: Place, url: str, page: Any) -> Reject:
    message = f"no row matches {rows}, and {empty}, the mark of an empty list, is not there either"
    return Reject(0, plan.type, ROWS, message, repr(rows), redact_url(url), excerpt_of(_body_of(page)))


def _body_of(node: Any) -> Any:
    """Return what is worth an excerpt: of a whole page its body."""
    is_page = isinstance(node, etree._Element) and node.getparent() is None
    return next(node.iterchildren("body"), node) if is_page else node


class _Rejects:
    """Puts what is wrong with row `n` into sentences."""

    def __init__(self, plan: Plan, n: int, node: Any, url: str) -> None:
        self.plan, self.n, self.node, self.url = plan, n, node, redact_url(url)

    def of(self, within: Within, error: pydantic.ValidationError | None) -> list[Reject]:
        """Return a reject for every field that `clean` or pydantic refused."""
        flawed = {flaw.loc for flaw in within.flaws}
        found = [
            self._reject(flaw.loc, f"{flaw.error}; got {_shown(flaw.error.value)}", is_missing=False)
            for flaw in within.flaws
        ]
        for problem in error.errors(include_url=False) if error is not None else ():
            if problem["loc"] not in flawed:
                found.append(self._of_pydantic(problem))
        return found

    def _of_pydantic(self, problem: Any) -> Reject:
        if problem["type"] == "missing":
            return self._reject(problem["loc"], "", is_missing=True)
        message = f"{problem['msg']}; got {_shown(problem['input'])}"
        return self._reject(problem["loc"], message, is_missing=False)

    def _reject(self, loc: Loc, message: str, *, is_missing: bool) -> Reject:
        field, node = self._follow(loc)
        name = ".".join(map(str, loc)) or "(the item)"
        if field is None:
            text = "has no selector" if is_missing else message
            return Reject(self.n, self.plan.type, name, text, "", self.url, excerpt_of(_body_of(node)))
        text = f"nothing matches {field.place}" if is_missing else f"{message} from {field.place}"
        place = repr(field.place)
        return Reject(self.n, self.plan.type, name, text, place, self.url, excerpt_of(_body_of(node)))

    def _follow(self, loc: Loc) -> tuple[Field | None, Any]:
        """Follow the names and positions in `loc` to the innermost field, and to what stands there."""
        plan: Plan | None = self.plan
        field, node = None, self.node
        for n, name in enumerate(loc):
            inner = next((inner for inner in plan.fields if inner.name == name), None) if plan else None
            if inner is None:
                continue
            field, plan = inner, plan_of(inner.nested) if inner.nested else None
            position = loc[n + 1] if n + 1 < len(loc) and isinstance(loc[n + 1], int) else 0
            found = field.place.elements(node)
            node = found[int(position)] if int(position) < len(found) else node
        return field, node


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}..."
