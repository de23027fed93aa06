"""`Brought`: where the cookies of a browser come from, and what is there now."""

from __future__ import annotations

import logging
import os
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar as PlainJar
from pathlib import Path
from typing import Any

from scraper.cookies.browsers import Browser
from scraper.cookies.exports import Export, of_jar, of_mapping, parse
from scraper.errors import ConfigError, SecretMissing
from scraper.values import Secret, Source, reveal

Cookies = PlainJar | Mapping[str, Mapping[str, Source]] | Path | str | Secret

log = logging.getLogger("scraper.login")

_NO_NAME = re.compile(r"[=;\t\n{]")
"""What cookies hold, and names of files do not."""


@dataclass(frozen=True, repr=False)
class Brought:
    """Cookies, or what holds them: a file by its name, a mapping, or a callable that gives either.

    As text it says where they are from, without a value.
    """

    source: Cookies | Callable[[], Cookies]

    def __str__(self) -> str:
        if isinstance(self.source, PlainJar):  # that of requests is a mapping too
            return "the cookie jar"
        if isinstance(self.source, Mapping):
            return f"the cookies given for {', '.join(self.source)}"
        return getattr(self.source, "__qualname__", None) or str(self.source)

    def __post_init__(self) -> None:
        if isinstance(self.source, str) and _NO_NAME.search(self.source):
            raise ConfigError(
                "CookieLogin takes the name of a file, not cookies as text. The text of a file comes by a "
                "callable, as env('SHOP_COOKIES'), single cookies by origin, as {'https://shop.example': "
                "{'sid': env('SHOP_SID')}}."
            )

    @property
    def is_browser(self) -> bool:
        """Whether they are read from an installed browser, so that nobody has to export them."""
        return isinstance(self.source, Browser)

    def read(self) -> Export:
        """Read the cookies, as they are now. Raises `SecretMissing` where there is no such file."""
        if isinstance(self.source, str):
            return self._file(Path(self.source))
        found = self.source() if callable(self.source) else self.source
        if isinstance(found, Path):
            return self._file(found)
        if isinstance(found, str | Secret):
            return self._parsed(found.reveal() if isinstance(found, Secret) else found)
        if isinstance(found, PlainJar):
            return of_jar(found)
        if isinstance(found, Mapping):
            return of_mapping({site: _revealed(site, pairs) for site, pairs in found.items()})
        raise ConfigError(
            f"{self} gave a {type(found).__name__}; let it give a cookie jar, the text or the Path of an "
            "export, or cookies by origin."
        )

    def _file(self, path: Path) -> Export:
        path = path.expanduser()
        try:
            with path.open(encoding="utf-8", errors="surrogateescape") as file:
                text, mode = file.read(), os.fstat(file.fileno()).st_mode
        except OSError as error:
            raise SecretMissing(
                f"{path.absolute()} cannot be read: {error.strerror}; export the browser's cookies there."
            ) from error
        if os.name == "posix" and mode & 0o077:
            log.warning("%s is open to others; run chmod 600 %s.", path, shlex.quote(str(path)))
        return self._parsed(text)

    def _parsed(self, text: str) -> Export:
        try:
            return parse(text)
        except ConfigError as error:
            raise ConfigError(f"{self} cannot be used: {error}") from None


def _revealed(site: str, pairs: Any) -> dict[str, str]:
    """Look the values of an origin's cookies up."""
    if not isinstance(pairs, Mapping):
        raise ConfigError(
            "Cookies belong to an origin; say to which: {'https://shop.example': {'sid': env('SHOP_SID')}}, "
            f"not {{{site!r}: ...}}."
        )
    return {name: reveal(value) for name, value in pairs.items()}
