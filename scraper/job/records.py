"""The items of a job as exports read them: JSON text, from one moment of the file, beside another job's."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from scraper.job import schema
from scraper.job.stored import Stored
from scraper.record import Description, add, load, tidy
from scraper.redact import redact_url

META = {"_url": "str", "_fetched_at": "datetime", "_account": "str", "_auth": "str"}
CHANGE = {"_change": "str", "_changed_fields": "list[str]"}

_COLUMNS = "i.type, i.data, r.url, r.fetched_at, r.account, r.auth"
_ALL = f"""
SELECT {_COLUMNS}, NULL, NULL FROM main.items i JOIN main.requests r ON r.id = i.request
ORDER BY i.request, i.n
"""  # noqa: S608
_ITEMS = "SELECT type, data FROM main.items ORDER BY request, n"

_KEYS = """
CREATE TEMP TABLE {table} (
    request INTEGER NOT NULL, n INTEGER NOT NULL, key BLOB NOT NULL UNIQUE, PRIMARY KEY (request, n)
) WITHOUT ROWID;
INSERT OR IGNORE INTO temp.{table}
SELECT request, n, item_key(type, data) FROM {job}.items ORDER BY request, n;
"""
_CHANGED = f"""
SELECT {_COLUMNS}, CASE WHEN o.data IS NULL THEN 'new' ELSE 'changed' END, o.data
FROM temp.now w CROSS JOIN main.items i ON i.request = w.request AND i.n = w.n
JOIN main.requests r ON r.id = i.request
LEFT JOIN temp.before b ON b.key = w.key LEFT JOIN old.items o ON o.request = b.request AND o.n = b.n
WHERE o.data IS NULL OR o.data <> i.data OR instr(i.data, '"sha256":null') ORDER BY w.request, w.n
"""  # noqa: S608
_GONE = f"""
SELECT {_COLUMNS}, 'gone', NULL
FROM temp.before b CROSS JOIN old.items i ON i.request = b.request AND i.n = b.n
JOIN old.requests r ON r.id = i.request
WHERE NOT EXISTS (SELECT 1 FROM temp.now w WHERE w.key = b.key) ORDER BY b.request, b.n
"""  # noqa: S608


class Records:
    """The items of the job at `path`, in the order in which their pages were found; a context manager.

    Everything is read as it was at one moment, also while a crawl goes on. `with_meta` adds to each item the
    members of `META`: of its page the address, the time, the account, and whether it was signed in. `since`
    is another job: what is new, changed or gone since then is given alone, with the members of `CHANGE`.
    Raises `ConfigError` where a file is no job.
    """

    def __init__(self, path: str | Path, *, with_meta: bool = False, since: str | Path | None = None) -> None:
        self.path, self.since = Path(path), None if since is None else Path(since)
        self._with_meta = with_meta
        self.extras: Mapping[str, str] = (META if with_meta else {}) | (CHANGE if self.since else {})
        self._db = schema.open_(self.path)
        self._db.row_factory = None
        try:
            self._begin()
        except BaseException:
            self._db.close()
            raise

    def _begin(self) -> None:
        """Hold on to this moment of the file, or the files."""
        if self.since is not None:
            schema.open_(self.since).close()
            with schema.explaining(self.since):
                self._db.execute("ATTACH DATABASE ? AS old", (str(self.since),))
        with schema.explaining(self.path):
            self._db.execute("BEGIN")
            self.described = described(self._db)
            if self.since is not None:
                self._compare()

    def _compare(self) -> None:
        """Find the keys of all items of both jobs; of several items with the same key the first counts."""
        self._db.create_function("item_key", 2, self._key, deterministic=True)
        for table, job in (("before", "old"), ("now", "main")):
            for statement in _KEYS.format(table=table, job=job).split(";"):
                self._db.execute(statement)

    def _key(self, type: str, text: str) -> bytes:
        """Return what makes an item the same one in another job: its key, or all of it."""
        data = load(tidy(text))
        key = self.described[type].key if type in self.described else ()
        values: Any = [data.get(name) for name in key]
        return _canonical([type, values if any(value is not None for value in values) else data])

    @property
    def keyless(self) -> list[str]:
        """The types of which no key is known, so that their items are compared as a whole."""
        return [type for type in self.types() if type not in self.described or not self.described[type].key]

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def types(self) -> list[str]:
        """Return the types of the items, in the order in which they come."""
        return self._types

    @cached_property
    def _types(self) -> list[str]:
        if self.since is not None:
            return list(dict.fromkeys(type for type, _ in self.rows()))
        with schema.explaining(self.path):
            return [type for (type,) in self._db.execute("SELECT DISTINCT type FROM main.items")]

    def rows(self) -> Iterator[tuple[str, str]]:
        """Yield every item as its type's name and the JSON text of an object; anew with each call."""
        with schema.explaining(self.path):
            if not self.extras and not self._has_files():
                for type, text in self._db.execute(_ITEMS):
                    yield type, tidy(text)
                return
            now, old = Stored(self._db), Stored(self._db, "old")
            for query in (_ALL,) if self.since is None else (_CHANGED, _GONE):
                stored = old if query is _GONE else now
                for type, data, *page, change, then in self._db.execute(query):
                    text = stored.fill(data, page[2])
                    before = None if then is None else old.fill(then, page[2])
                    more = self._meta(*page) | _change(change, before, text)
                    if more.get("_changed_fields") != []:
                        yield type, add(tidy(text), more)

    def _has_files(self) -> bool:
        return bool(self._db.execute("SELECT EXISTS (SELECT 1 FROM main.files)").fetchone()[0])

    def _meta(self, url: str, at: float | None, account: str | None, auth: str | None) -> dict[str, Any]:
        if not self._with_meta:
            return {}
        moment = None if at is None else datetime.fromtimestamp(at, UTC)
        return dict(zip(META, (redact_url(url), moment, account, auth), strict=True))


def described(db: sqlite3.Connection) -> dict[str, Description]:
    """Return what a job knows of the types of its items, by name."""
    rows = db.execute("SELECT substr(key, 6), value FROM main.meta WHERE key LIKE 'type:%'")
    return {name: Description.read(value) for name, value in rows}


def _change(change: str | None, before: str | None, now: str) -> dict[str, Any]:
    """Return what became of an item, and in which fields; in none if it is the same, written otherwise."""
    if change is None:
        return {}
    fields = None if before is None else _differing(load(tidy(before)), load(tidy(now)))
    return {"_change": change, "_changed_fields": fields}


def _differing(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return the names of the fields whose values are not the same."""
    return [
        name
        for name in {**now, **before}
        if (name in before) is not (name in now) or _canonical(before[name]) != _canonical(now[name])
    ]


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def _canonical(value: Any) -> bytes:
    """Return the bytes that two values share only where they are the same, whatever the order of members."""
    return _encode(value).encode()
