"""Keeping secrets in ``.env``, where `env` finds them and nobody else reads them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from scraper import private
from scraper.errors import ConfigError
from scraper.values.env import FILE


def keep(secrets: Mapping[str, str]) -> None:
    """Write variables into ``.env``, in the place of what they were there, readable by its owner alone.

    Raises `ConfigError` where the file cannot be read or written; it is then as it was.
    """
    try:
        before = FILE.read_text(encoding="utf-8-sig").splitlines() if FILE.exists() else []
        kept = [line for line in before if _name_of(line) not in secrets]
        lines = [*kept, *(f"{name}={_quoted(value)}" for name, value in secrets.items())]
        _replace(FILE, "\n".join(lines) + "\n")
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not in UTF-8"
        raise ConfigError(f"{FILE.absolute()} cannot be written: {why}.") from error


def is_ignored() -> bool:
    """Whether ``.env`` is out of reach of Git here: there is no repository, or a ``.gitignore`` names it."""
    here = Path.cwd()
    root = next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), None)
    if root is None:
        return True
    ways = [folder for folder in (here, *here.parents) if folder.is_relative_to(root)]
    return any(FILE.name in _lines(folder / ".gitignore") for folder in ways)


def exports(secrets: Mapping[str, str]) -> Iterator[str]:
    """Yield lines for a shell, with a gap for each secret: secrets are not shown."""
    return (f"export {name}=..." for name in secrets)


def _name_of(line: str) -> str:
    match = re.match(r"\s*(?:export\s+)?(\w+)\s*=", line)
    return match[1] if match else ""


def _quoted(value: str) -> str:
    """Write a value as python-dotenv reads it back."""
    if "\n" in value or "\r" in value:
        raise ConfigError("A secret of several lines does not go into .env; set its variable yourself.")
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _replace(path: Path, text: str) -> None:
    """Write a file at once or not at all, so that nobody else may read it."""
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        private.write(beside, text.encode())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _lines(path: Path) -> list[str]:
    return [line.strip() for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []
