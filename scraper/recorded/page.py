"""`Recorded`: one recorded page: its folder, what a spider took from it, and what it takes today."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Self

import pydantic

from scraper import loader
from scraper.differences import rows_by_type
from scraper.errors import ConfigError
from scraper.export.files import replacing
from scraper.kept import is_json, is_text, portable
from scraper.offline import Reading, read, take_offline
from scraper.options import read_attributes
from scraper.record import load
from scraper.recorded.stand_ins import StandIns
from scraper.request import Request
from scraper.response import Response
from scraper.spider import Spider

EXPECTED = "expected.json"

Rows = dict[str, list[dict[str, Any] | None]]
"""The items by type, each at the position of its row; ``None`` for a row that was rejected."""


class Recorded(pydantic.BaseModel):
    """A page and the items that a spider took from it, as ``expected.json`` says beside the page."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    spider: str
    """What names the spider: a name in ``spiders/``, a file, or ``module:Class``."""
    attributes: list[str] = []
    """What of it was set: NAME=VALUE."""
    url: str
    status: int
    content_type: str
    callback: str = "parse"
    page: str
    """The name of the file with the body."""
    items: Rows = {}

    @classmethod
    def of(cls, response: Response, spider: str, attributes: list[str]) -> tuple[Self, bytes]:
        """Return a page that was fetched, without its secrets, and its body; the items are yet to be read."""
        type, content = portable(response)
        stand_ins = StandIns(response, content)
        recorded = cls(
            spider=spider,
            attributes=attributes,
            url=stand_ins.put(response.url.encode()).decode(),
            status=response.status,
            content_type=type,
            callback=str(response.request.callback or "parse"),
            page=f"page.{_suffix(response)}",
        )
        return recorded, stand_ins.put(content)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the ``expected.json`` of a folder. Raises `ConfigError` for one that is none."""
        path = folder / EXPECTED
        try:
            return cls.model_validate(load(path.read_text(encoding="utf-8")))
        except pydantic.ValidationError as error:
            problem = error.errors()[0]
            where = ".".join(map(str, problem["loc"]))
            raise ConfigError(f"{path} is no recorded page: {where}: {problem['msg']}.") from error
        except (OSError, ValueError) as error:
            raise ConfigError(f"{path} cannot be read: {error}.") from error

    def save(self, folder: Path, body: bytes | None = None) -> None:
        """Write ``expected.json``, and the body where there is a new one. Raises `ConfigError`."""
        text = json.dumps(self.model_dump(), indent=2, ensure_ascii=False)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if body is not None:
                _write(folder / self.page, body)
            _write(folder / EXPECTED, f"{text}\n".encode())
        except OSError as error:
            raise ConfigError(f"The page cannot be kept in {folder}: {error.strerror}.") from error

    def make_spider(self) -> Spider:
        """Return the spider as it is today; it asks nobody. Raises `SpiderNotFound`."""
        kind = loader.load(self.spider)
        return take_offline(kind(**read_attributes(kind, self.attributes)))

    def response(self, body: bytes) -> Response:
        """Return the page, its body given, as the answer that it was."""
        headers = {"Content-Type": self.content_type} if self.content_type else {}
        request = Request(self.url, callback=self.callback)
        return Response(self.url, status=self.status, headers=headers, content=body, request=request)

    def body(self, folder: Path) -> bytes:
        """Read the page's file. Raises `ConfigError` where it is not there."""
        try:
            return (folder / Path(self.page).name).read_bytes()
        except OSError as error:
            raise ConfigError(
                f"The recorded page {folder / self.page} cannot be read: {error.strerror}."
            ) from error

    def with_items(self, reading: Reading) -> Self:
        """Return it with the items that were read."""
        return self.model_copy(update={"items": rows_by_type(reading.items, reading.rejects)})

    def read(self, body: bytes) -> tuple[Reading, Response]:
        """Return what today's spider takes from the page, and the page."""
        page = self.response(body)
        return read(self.make_spider(), page), page


def _suffix(page: Response) -> str:
    if page.is_html or page.is_xml:
        return "html" if page.is_html else "xml"
    if is_json(page):
        return "json"
    return "txt" if is_text(page) else "bin"


def _write(path: Path, data: bytes) -> None:
    with replacing(path) as stream:
        stream.write(data)
