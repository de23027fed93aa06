"""What pytest gets of this package: a test for each field of each recorded page, and the practice site.

It is found by pytest where the package is installed. What it needs is imported only where it is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FOLDERS = ["tests/pages"]
PRACTICE_SITES = ("scraper.practice", "examples.site")
"""Where the practice site is: in what is installed, and in a checkout."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option and the setting."""
    parser.addini("scraper_pages", "Folders of recorded pages.", type="linelist", default=FOLDERS)
    parser.getgroup("scraper").addoption(
        "--scraper-update",
        action="store_true",
        help="Take what spiders take from recorded pages now as what is expected of them.",
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Make tests of a recorded page."""
    if file_path.name != "expected.json" or not _is_recorded(file_path, parent.config):
        return None
    from scraper.testing.collect import RecordedFile

    file: pytest.Collector = RecordedFile.from_parent(parent, path=file_path)
    return file


def _is_recorded(path: Path, config: pytest.Config) -> bool:
    folders = (config.rootpath / folder for folder in config.getini("scraper_pages"))
    return any(path.is_relative_to(folder) for folder in folders)


@pytest.fixture
def practice_site() -> Iterator[Any]:
    """The practice site, a members-only bookshop on this machine, with its levers at rest.

    ``practice_site.url`` is its address, ``practice_site.username`` and ``.password`` are a member's. Levers
    are attributes: ``practice_site.sign_out_after = 20``; ``practice_site.counts`` says what it has seen.
    Needs Flask: ``pip install 'login-aware-scraper[demo]'``.
    """
    with _practice_site() as site:
        yield site


def _practice_site() -> Any:
    from importlib import import_module
    from importlib.util import find_spec

    for name in PRACTICE_SITES:
        if find_spec(name.partition(".")[0]) is not None and find_spec(name) is not None:
            return import_module(name).PracticeSite()
    raise pytest.UsageError("The practice site is not here; it comes with login-aware-scraper.")
