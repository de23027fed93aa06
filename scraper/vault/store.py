"""`Store`: where the files of a vault lie, and who may change them when.

``<folder>/<spider>/<hash of site and account>.json`` is a session, ``.ledger.json`` beside it the ledger, and
``.lock`` what one holds to sign in. ``<folder>/ledger.key`` is the key that is in the hashes of all ledgers.
Whoever changes a file holds ``<folder>/vault.lock``, for moments only; who reads one holds nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

from scraper.errors import ConfigError
from scraper.vault import files
from scraper.vault.envelope import Damaged, Envelope
from scraper.vault.identity import Identity, file_name, folder_name
from scraper.vault.locks import held, remove_lock

SESSION, LEDGER, LOCK = ".json", ".ledger.json", ".lock"
KEPT_FOR = 90 * 24 * 3600  # seconds
KEY_SIZE = 32  # bytes


class Store:
    """The files of a vault in `folder`. `clock` gives the seconds since 1970.

    Every method raises `ConfigError` where a file or folder is not private, or cannot be used.
    """

    def __init__(self, folder: Path, clock: Callable[[], float]) -> None:
        self.folder, self.clock = folder, clock

    def path(self, who: Identity, ending: str) -> Path:
        """Return where a file of an identity lies."""
        return self.folder / folder_name(who.spider) / f"{file_name(who)}{ending}"

    def holds(self, who: Identity) -> bool:
        """Whether there may be files of this identity."""
        return self._is_private(self.path(who, SESSION).parent)

    def sessions(self, spider: str | None) -> list[Path]:
        """Return the files of all saved sessions, or of those of one spider."""
        folder = "*" if spider is None else folder_name(spider)
        found = self.folder.glob(f"{folder}/*{SESSION}") if files.check_folder(self.folder) else ()
        return [path for path in found if not path.name.endswith(LEDGER)]

    def read(self, path: Path) -> Envelope | None:
        """Return what a file holds, if there is one. Raises `Damaged` where it is not what was written."""
        data = files.read(path) if self._is_private(path.parent) else None
        if data is None:
            return None
        envelope = Envelope.from_bytes(data)
        if path not in (self.path(envelope.who, ending) for ending in (SESSION, LEDGER)):
            raise Damaged("lies where the file of another account belongs")
        return envelope

    def write(self, who: Identity, ending: str, content: dict[str, Any]) -> None:
        """Replace a file, whole or not at all; within `changing`."""
        files.write(self.path(who, ending), Envelope(who, self.clock(), content).to_bytes())

    @contextmanager
    def changing(self, who: Identity) -> Iterator[None]:
        """Let nobody else change the vault meanwhile; clean up what was left half written."""
        folder = self._made_folder(who)
        with held(self.folder / "vault.lock"):
            for drafts in (self.folder, folder):
                files.remove_drafts(drafts)
            yield

    def signing_in(self, who: Identity) -> AbstractContextManager[None]:
        """Hold the right to sign in as `who`; wait for it as long as it takes."""
        self._made_folder(who)
        name = f" as {who.account}" if who.account else ""
        waiting = f"Another thread or process is signing in to {who.site}{name}; waiting until it is done."
        return held(self.path(who, LOCK), waiting)

    def key(self) -> bytes:
        """Return the key of this installation; nothing where there is none yet."""
        path = self.folder / "ledger.key"
        key = files.read(path) or b""
        if key and len(key) != KEY_SIZE:
            raise ConfigError(f"The file {path} is damaged; put the right one there, or remove it.")
        return key

    def made_key(self) -> bytes:
        """Return the key of this installation, made where there is none; within `changing`."""
        if not (key := self.key()):
            key = secrets.token_bytes(KEY_SIZE)
            files.write(self.folder / "ledger.key", key)
        return key

    def prune(self, who: Identity) -> None:
        """Remove what the spider of `who` left unused for 90 days; within `changing`.

        A ledger stays for as long as it knows of a rejected credential, and so does what cannot be read.
        """
        folder, own = self.path(who, SESSION).parent, file_name(who)
        for path in folder.glob("*.json"):
            with suppress(ConfigError, Damaged):
                if not path.name.startswith(own) and self._is_unused(path):
                    files.remove(path)
        for lock in folder.glob(f"*{LOCK}"):
            if not any(lock.with_suffix(ending).exists() for ending in (SESSION, LEDGER)):
                remove_lock(lock)

    def _is_unused(self, path: Path) -> bool:
        envelope = self.read(path)
        if envelope is None or envelope.content.get("rejected"):
            return False
        return self.clock() - envelope.at > KEPT_FOR

    def _is_private(self, folder: Path) -> bool:
        return files.check_folder(self.folder) and files.check_folder(folder)

    def _made_folder(self, who: Identity) -> Path:
        folder = self.path(who, SESSION).parent
        for each in (self.folder, folder):
            files.make_folder(each)
        return folder
