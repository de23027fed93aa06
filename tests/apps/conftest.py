"""Spiders as their files declare them, led to an application of the tests."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import pytest

from scraper import Response, Spider
from scraper.loader import load

VARIABLES = ("APP_URL", "APP_IDP", "APP_USER", "APP_PASSWORD", "APP_TOTP", "APP_CERTIFICATES")


class HasEnvironment(Protocol):
    """Something whose spider is told by variables where it is."""

    @property
    def environment(self) -> Mapping[str, str]: ...


SpiderFor = Callable[..., type[Spider]]


@pytest.fixture
def spider_for(monkeypatch: pytest.MonkeyPatch) -> SpiderFor:
    """A function that loads an application's spider file as the command line does, with `variables` set."""

    def load_spider(app: HasEnvironment, **variables: str) -> type[Spider]:
        for name in VARIABLES:
            monkeypatch.delenv(name, raising=False)
        for name, value in {**app.environment, **variables}.items():
            monkeypatch.setenv(name, value)
        folder = Path(str(sys.modules[type(app).__module__].__file__)).parent
        monkeypatch.delitem(sys.modules, f"{folder.name}.spider", raising=False)
        return load(str(folder / "spider.py"))

    return load_spider


@pytest.fixture
def interrupted() -> Callable[..., type[Spider]]:
    """A function that makes a spider call `end` when its `method` has read so many pages."""

    def interrupt(
        spider: type[Spider], end: Callable[[], object], *, after: int, method: str = "parse"
    ) -> type[Spider]:
        pages = count(1)
        read = getattr(spider, method)

        def reads(self: Spider, response: Response) -> Iterator[Any]:
            found = list(read(self, response))
            if next(pages) == after:
                end()
            yield from found

        reads.__name__ = method
        return type(spider.__name__, (spider,), {method: reads})

    return interrupt
