"""Files elsewhere, through fsspec: ``s3://``, ``gs://``, ``sftp://``, ``memory://`` and others."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from scraper.errors import ConfigError, ExportError
from scraper.redact import redact, redact_url, register


def check(url: str) -> None:
    """Raise `ConfigError` where nothing is installed that writes to such addresses."""
    _place(url)


@contextmanager
def replacing(url: str) -> Iterator[BinaryIO]:
    """Open a file here that goes to `url` in one piece, once it is written: all or nothing of it.

    Raises `ExportError` where it does not get there, without the credentials of the address.
    """
    store, path = _place(url)
    with tempfile.TemporaryDirectory(prefix="export-") as folder:
        draft = Path(folder) / "draft"
        with draft.open("wb") as stream:
            yield stream
        try:
            with store.transaction:
                store.put_file(str(draft), path)
        except Exception as error:  # stores raise what their client libraries do
            raise ExportError(f"{redact_url(url)} could not be written: {_said(error, url)}.") from None


def _place(url: str) -> tuple[Any, str]:
    """Return the store that `url` names, and the path in it."""
    import fsspec

    try:
        store, path = fsspec.core.url_to_fs(url)
    except Exception as error:
        raise ConfigError(f"{redact_url(url)} cannot be written to: {_said(error, url)}.") from None
    return store, path


def _said(error: Exception, url: str) -> str:
    """Return what an error says, without the user and password of the address."""
    place = url.partition("://")[2].partition("/")[0]
    user, at, _ = place.rpartition("@")
    for secret in user.split(":", 1)[1:] if at else ():
        register(secret, lasting=False)
    said = str(error).rstrip(".") or type(error).__name__
    return redact(said.replace(f"{user}@", "***@") if at else said)
