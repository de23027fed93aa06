"""What stands in the file of a job, and how it is opened; errors of SQLite as sentences."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from scraper.charset import without_surrogates
from scraper.errors import ConfigError
from scraper.redact import redact
from scraper.visit import kind_of

VERSION = 2

SETTINGS = ("journal_mode = WAL", "synchronous = NORMAL", "wal_autocheckpoint = 32000", "cache_size = -32000")
"""Fingerprints of unlike addresses stand far apart, each on a page of its own: 32 MB of pages are kept in
memory, and 128 MB of changes are gathered before they go to their places, several to the same."""

SCHEMA = """
CREATE TABLE requests (
    id INTEGER PRIMARY KEY,
    fingerprint BLOB NOT NULL UNIQUE,
    url TEXT NOT NULL,
    method TEXT NOT NULL,
    headers TEXT NOT NULL,
    body BLOB,
    callback TEXT,
    meta TEXT NOT NULL,
    priority INTEGER NOT NULL,
    depth INTEGER NOT NULL,
    parent INTEGER REFERENCES requests (id),
    state TEXT NOT NULL CHECK (state IN ('queued', 'leased', 'done', 'failed', 'denied')),
    not_before REAL NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    status INTEGER,
    error TEXT,
    auth TEXT,
    epoch INTEGER,
    account TEXT,
    fetched_at REAL,
    elapsed REAL,
    bytes INTEGER,
    fields TEXT,
    found_by TEXT
);
CREATE INDEX frontier ON requests (priority DESC, id) WHERE state = 'queued';
CREATE TABLE items (
    request INTEGER NOT NULL REFERENCES requests (id),
    n INTEGER NOT NULL,
    type TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (request, n)
);
CREATE TABLE rejects (
    request INTEGER NOT NULL REFERENCES requests (id),
    n INTEGER NOT NULL,
    field TEXT NOT NULL,
    type TEXT NOT NULL,
    message TEXT NOT NULL,
    selector TEXT NOT NULL,
    excerpt TEXT NOT NULL
);
CREATE INDEX rejects_of ON rejects (request);
CREATE TABLE events (at REAL NOT NULL, kind TEXT NOT NULL, message TEXT NOT NULL);
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE fields (
    type TEXT NOT NULL,
    field TEXT NOT NULL,
    selector TEXT NOT NULL,
    hits INTEGER NOT NULL,
    misses INTEGER NOT NULL,
    broke_at INTEGER REFERENCES requests (id),
    hits_since INTEGER NOT NULL,
    misses_since INTEGER NOT NULL,
    PRIMARY KEY (type, field, selector)
) WITHOUT ROWID;
CREATE TABLE pages (
    kind TEXT PRIMARY KEY,
    request INTEGER NOT NULL REFERENCES requests (id),
    body BLOB NOT NULL
);
CREATE TABLE files (
    request INTEGER PRIMARY KEY REFERENCES requests (id),
    path TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    type TEXT NOT NULL
);
CREATE TABLE kept (
    request INTEGER PRIMARY KEY REFERENCES requests (id),
    url TEXT NOT NULL,
    type TEXT NOT NULL,
    body BLOB NOT NULL
);
CREATE INDEX later ON requests (not_before) WHERE state = 'queued' AND not_before > 0;
"""


def create(path: Path) -> None:
    """Make an empty job of a file that is empty. Raises `ConfigError` where that cannot be."""
    with explaining(path), closing(_connect(path)) as db:
        db.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")


def open_(path: Path) -> sqlite3.Connection:
    """Open a job. Raises `ConfigError` for a file that is none, or of another version."""
    if not path.exists():
        raise ConfigError(f"There is no job {path}.")
    with explaining(path):
        db = _connect(path)
        version = db.execute("PRAGMA user_version").fetchone()[0]
    if version == VERSION:
        return db
    db.close()
    if version > VERSION:
        raise ConfigError(f"{path} was made by a newer version of the scraper; upgrade to go on with it.")
    if version > 0:
        raise ConfigError(f"{path} was made by an older version of the scraper; begin a new job.")
    raise ConfigError(f"{path} is no job of the scraper.")


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    db.row_factory = sqlite3.Row
    db.create_function("kind_of", 2, kind_of, deterministic=True)
    try:
        for setting in SETTINGS:
            db.execute(f"PRAGMA {setting}")
    except sqlite3.Error:
        db.close()
        raise
    return db


@contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Put what SQLite says of a file into a sentence. What was committed to it is still there."""
    try:
        yield
    except sqlite3.Error as error:
        raise ConfigError(f"The job {path} {_reason(error)}. What was committed is kept.") from error


def _reason(error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", "")
    return next((words for start, words in _REASONS if name.startswith(start)), f"cannot be used: {error}")


_REASONS = (
    ("SQLITE_FULL", "cannot grow: the disk is full; make room and run with --resume"),
    ("SQLITE_READONLY", "cannot be written: the file or its folder is read-only"),
    ("SQLITE_CANTOPEN", "cannot be opened: its folder is not there, or not yours to write in"),
    ("SQLITE_NOTADB", "is no job: the file is something else, or damaged"),
    ("SQLITE_CORRUPT", "is damaged"),
    ("SQLITE_BUSY", "is in use by another program"),
    ("SQLITE_IOERR", "cannot be read or written: the disk fails, or is full"),
)


def clean(text: str) -> str:
    """Return what the file may keep of a text: no secret, and no half of a character, which it cannot."""
    return without_surrogates(redact(text))
