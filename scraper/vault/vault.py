"""`Vault`: saved sessions, and the ledger of sign-ins, for every identity."""

from __future__ import annotations

import logging
import os
import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import platformdirs

from scraper.errors import ConfigError
from scraper.redact import redact
from scraper.values import Source, env, reveal
from scraper.vault import files
from scraper.vault.envelope import Damaged, Envelope
from scraper.vault.identity import Identity
from scraper.vault.ledger import Attempt, Ledger
from scraper.vault.seal import KEY_VARIABLE, seal, unseal
from scraper.vault.store import LEDGER, SESSION, Store

log = logging.getLogger(__name__)


class Vault:
    """Saved sessions and the ledger of sign-ins, in `folder`.

    The folder is by default the one that the environment variable SCRAPER_STATE_DIR names, or else the one
    that the system has for such things. `key` encrypts saved sessions; by default it is the environment
    variable SCRAPER_VAULT_KEY, where that is set. `clock` gives the seconds since 1970.

    Every method raises `ConfigError` where a file or folder is open to others, belongs to somebody else, is a
    symbolic link, or cannot be read or written.
    """

    def __init__(
        self,
        folder: Path | str | None = None,
        *,
        key: Source | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        folder = folder or os.environ.get(files.FOLDER_VARIABLE)
        default = platformdirs.user_state_path("login-aware-scraper", appauthor=False)
        self._store = Store(Path(folder or default).expanduser().absolute(), clock)
        self._key = key

    def __repr__(self) -> str:
        return f"<Vault {self._store.folder}>"

    # Saved sessions

    def load(self, who: Identity) -> dict[str, Any] | None:
        """Return the saved session, where there is one.

        One that is damaged counts as none, with a warning. Raises `ConfigError` where it is encrypted, and
        the key is missing or another one.
        """
        path = self._store.path(who, SESSION)
        envelope = self._session(path)
        try:
            return self._state(path, envelope.content) if envelope else None
        except Damaged as damage:
            _count_as_none(path, damage)
            return None

    def save(self, who: Identity, state: Mapping[str, Any]) -> None:
        """Save a session in place of the one before; remove what its spider left unused for 90 days."""
        content = self._content(state)
        with self._store.changing(who):
            self._store.write(who, SESSION, content)
            self._store.prune(who)

    def forget(self, who: Identity) -> bool:
        """Remove the saved session; return whether there was one."""
        if not self._store.holds(who):
            return False
        with self._store.changing(who):
            return files.remove(self._store.path(who, SESSION))

    def saved(self, spider: str | None = None) -> list[tuple[Identity, float]]:
        """Return whose sessions are saved, and when they were, in seconds since 1970; all, or a spider's."""
        envelopes = (self._session(path) for path in self._store.sessions(spider))
        found = [(envelope.who, envelope.at) for envelope in envelopes if envelope]
        return sorted(found, key=lambda entry: (entry[0].spider, entry[0].site, entry[0].account))

    # Signing in

    def lock(self, who: Identity) -> AbstractContextManager[None]:
        """Hold the right to sign in as `who`, which one thread of one process has at a time.

        It waits for as long as it takes, and says so once. The thread that has it may take it again.
        """
        return self._store.signing_in(who)

    def objection(self, who: Identity, credential: str) -> Attempt | None:
        """Return why this very credential must not be submitted; nothing where it may be.

        It was rejected before, however long ago; or the site said less than an hour ago that the account is
        locked, whatever the credential is.
        """
        with self._intact(who):
            return self._ledger(who).objection(credential, self._store.clock(), self._store.key)

    def record(self, who: Identity, credential: str, outcome: str, message: str = "") -> None:
        """Write down what came of a sign-in: ``signed_in``, ``rejected``, ``locked``, or any other word."""
        attempt = Attempt(self._store.clock(), outcome, redact(message))
        with self._changing_ledger(who) as ledger:
            ledger.add(attempt, credential, self._store.made_key)

    def attempts(self, who: Identity) -> list[Attempt]:
        """Return the last sign-ins, at most 50, the oldest first."""
        with self._intact(who):
            return self._ledger(who).attempts

    def pardon(self, who: Identity) -> bool:
        """Forget rejections and locks, and a ledger that is damaged; return whether there were any."""
        if not self._store.holds(who):
            return False
        with self._store.changing(who):
            try:
                ledger = self._ledger(who)
            except Damaged:
                return files.remove(self._store.path(who, LEDGER))
            if had_any := ledger.pardon():
                self._store.write(who, LEDGER, ledger.to_json())
            return had_any

    def last_code(self, who: Identity) -> int:
        """Return the time step of the last one-time code that was submitted; 0 where none was."""
        with self._intact(who):
            return self._ledger(who).code

    def note_code(self, who: Identity, step: int) -> None:
        """Write down that the one-time code of a time step is used up, and those before it."""
        with self._changing_ledger(who) as ledger:
            ledger.code = max(ledger.code, step)

    # Files and what is in them

    def _session(self, path: Path) -> Envelope | None:
        """Return a saved session, if there is one and it is what was written."""
        try:
            return self._store.read(path)
        except Damaged as damage:
            _count_as_none(path, damage)
            return None

    def _content(self, state: Mapping[str, Any]) -> dict[str, Any]:
        source = self._key_source()
        return {"state": dict(state)} if source is None else {"sealed": seal(state, reveal(source))}

    def _state(self, path: Path, content: Mapping[str, Any]) -> dict[str, Any]:
        if "sealed" not in content:
            if not isinstance(plain := content.get("state"), dict):
                raise Damaged("is damaged")
            return plain
        source = self._key_source()
        state = None if source is None else unseal(content["sealed"], reveal(source))
        if state is None:
            which = "and no key is given" if source is None else "with another key than the one that is given"
            raise ConfigError(
                f"The saved session {path} is encrypted {which}; set the environment variable {KEY_VARIABLE} "
                "to its key, or remove the file to sign in anew."
            )
        return state

    def _key_source(self) -> Source | None:
        if self._key is None and os.environ.get(KEY_VARIABLE):
            return env(KEY_VARIABLE)
        return self._key

    def _ledger(self, who: Identity) -> Ledger:
        """Return the ledger, an empty one where there is none. Raises `Damaged`."""
        envelope = self._store.read(self._store.path(who, LEDGER))
        return Ledger.from_json(envelope.content) if envelope else Ledger()

    @contextmanager
    def _changing_ledger(self, who: Identity) -> Iterator[Ledger]:
        with self._store.changing(who), self._intact(who):
            ledger = self._ledger(who)
            yield ledger
            self._store.write(who, LEDGER, ledger.to_json())

    @contextmanager
    def _intact(self, who: Identity) -> Iterator[None]:
        """Raise that a ledger is damaged as the `ConfigError` that says how to go on without it."""
        try:
            yield
        except Damaged as damage:
            path, command = self._store.path(who, LEDGER), f"login {shlex.quote(who.spider)} --forget"
            raise ConfigError(
                f"The ledger {path} {damage}. It knows which credentials must not be submitted again; "
                f"`python -m scraper {command}` clears it, and so does removing the file."
            ) from None


def _count_as_none(path: Path, damage: Damaged) -> None:
    log.warning("The saved session %s %s. It counts as none.", path, damage)
