"""`Stored`: what a job knows of the files that its items name, put into the items once they are fetched."""

from __future__ import annotations

import sqlite3
from typing import Any

from scraper.errors import ConfigError
from scraper.item import File
from scraper.job.rows import fingerprint
from scraper.record import dump, load
from scraper.request import FILE, Request

_PENDING = '"sha256":null'
"""Stands in the JSON of every item that names a file."""

_NAMES = frozenset(File.model_fields)


class Stored:
    """The files of a job, which is the one called `name` in the connection `db`."""

    def __init__(self, db: sqlite3.Connection, name: str = "main") -> None:
        self._db = db
        self._query = (
            f"SELECT path, sha256, size, type FROM {name}.files "  # noqa: S608
            f"WHERE request IN (SELECT id FROM {name}.requests WHERE fingerprint IN (?, ?))"
        )

    def fill(self, text: str, account: str | None) -> str:
        """Return the JSON of an item, of a page of `account`, with where its files lie."""
        return dump(self._filled(load(text), account)) if _PENDING in text else text

    def _filled(self, value: Any, account: str | None) -> Any:
        if isinstance(value, list):
            return [self._filled(one, account) for one in value]
        if not isinstance(value, dict):
            return value
        if value.keys() == _NAMES and value["sha256"] is None:
            return self._known(value, account)
        return {name: self._filled(one, account) for name, one in value.items()}

    def _known(self, file: dict[str, Any], account: str | None) -> dict[str, Any]:
        try:
            request = Request(str(file["url"]), callback=FILE)
        except ConfigError:
            return file
        keys = [fingerprint(request, whose) for whose in (account, None)]  # None: where accounts share pages
        row = self._db.execute(self._query, keys).fetchone()
        return (
            file
            if row is None
            else {**file, **dict(zip(("path", "sha256", "size", "type"), row, strict=True))}
        )
