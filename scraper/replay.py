"""`replay`: today's spider over the pages that a job kept; which items would differ, with no request made."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from scraper.differences import contrast, fields_that_differ, rows_by_type, shown
from scraper.item import Reject
from scraper.job import Job
from scraper.job.kept import Read
from scraper.offline import Reading, read
from scraper.spider import Spider

Kind = Literal["changed", "new", "gone", "rejected", "taken", "failed", "read"]
Pair = tuple[str, Mapping[str, Any] | None, Mapping[str, Any] | None]
"""An item: what it is called, what it was, and what it would be; ``None`` where there is none."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What would differ on a page: a field of an item, an item, a reject, or the page as a whole.

    `name` is what it is called wherever it is (``Book.price``), `text` says it of this one.
    """

    kind: Kind
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """A page that was read again: its address, how many items it gives now, and what differs."""

    url: str
    items: int
    differences: list[Difference]


def replay(job: Job, spider: Spider) -> Iterator[Replayed]:
    """Read every kept page of a job again, one at a time, and yield what would differ.

    The `spider` is one that `take_offline` made ask nobody. Items are compared by the key of their class, or
    else by their position among the rows of the page.
    """
    described = job.described()
    for before in job.kept():
        now = read(spider, before.page)
        keys = {type: one.key for type, one in {**described, **now.described}.items()}
        yield Replayed(before.page.url, len(now.items), list(_differences(before, now, keys)))


def _differences(before: Read, now: Reading, keys: Mapping[str, tuple[str, ...]]) -> Iterator[Difference]:
    yield from _of_page(before.error, now.error)
    if now.error is not None:
        return
    old, new = rows_by_type(before.items, before.rejects), rows_by_type(now.items, now.rejects)
    for type in {**old, **new}:
        pairs = _by_key if keys.get(type) else _by_position
        for name, was, will in pairs(type, old.get(type, []), new.get(type, []), keys.get(type, ())):
            yield from _of_item(type, name, was, will)
    yield from _of_rejects(before.rejects, now.rejects)


def _of_page(before: str | None, now: str | None) -> Iterator[Difference]:
    if now is not None and before is None:
        yield Difference("failed", "the page", f"the page cannot be read: {now}")
    elif before is not None and now is None:
        yield Difference("read", "the page", f"the page can be read; before: {before}")


def _by_position(type: str, old: list[Any], new: list[Any], key: tuple[str, ...]) -> Iterator[Pair]:
    """Yield items of the same row. One whose row is rejected is left to what says so."""
    for n in range(max(len(old), len(new))):
        was, will = (rows[n] if n < len(rows) else None for rows in (old, new))
        if n >= len(new) or will is not None:
            yield f"{type}[{n}]", was, will


def _by_key(type: str, old: list[Any], new: list[Any], key: tuple[str, ...]) -> Iterator[Pair]:
    """Yield items with the same key; of several with one key, in their order."""
    waiting: defaultdict[str, deque[Any]] = defaultdict(deque)
    for item in filter(None, old):
        waiting[_key_of(item, key)].append(item)
    for item in filter(None, new):
        known = waiting[_key_of(item, key)]
        yield f"{type}[{_key_of(item, key)}]", known.popleft() if known else None, item
    for called, items in waiting.items():
        yield from ((f"{type}[{called}]", item, None) for item in items)


def _key_of(item: Mapping[str, Any], key: tuple[str, ...]) -> str:
    return ", ".join(shown(item.get(name)) for name in key)


def _of_item(
    type: str, name: str, was: Mapping[str, Any] | None, will: Mapping[str, Any] | None
) -> Iterator[Difference]:
    if was is None and will is not None:
        yield Difference("new", type, f"{name} is new: {shown(will)}")
    elif was is not None and will is None:
        yield Difference("gone", type, f"{name} is gone: {shown(was)}")
    elif was is not None and will is not None:
        for field, before, now in fields_that_differ(was, will):
            yield Difference(
                "changed", f"{type}.{field}", f"{name}.{field}: {' -> '.join(contrast(before, now))}"
            )


def _of_rejects(before: Sequence[Reject], now: Sequence[Reject]) -> Iterator[Difference]:
    old, new = ({(one.type, one.n, one.field): one for one in rejects} for rejects in (before, now))
    for (type, n, field), reject in new.items():
        if (type, n, field) not in old:
            text = f"{type}[{n}].{field} is rejected: {reject.message}"
            yield Difference("rejected", f"{type}.{field}", text)
    for type, n, field in old:
        if (type, n, field) not in new:
            yield Difference("taken", f"{type}.{field}", f"{type}[{n}].{field} is no longer rejected")
